import { api, type Order, type OrderState } from '@meadow/api'
import { after, type Bought, type Parcel, type Stage } from '@meadow/api/after'
import { toast } from '@meadow/ui'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { useAct } from '../shell/act'

const states: readonly string[] = ['unpaid', 'paid', 'cancelled', 'expired', 'refunding', 'refunded']
const stages: Record<string, Stage> = { to_ship: 'to_ship', to_receive: 'to_receive', to_rate: 'received' }

/** The tabs: all orders, those to pay, and parcels by what one waits for. */
export const orderTabs = ['', 'unpaid', 'to_ship', 'to_receive', 'to_rate', 'aftersale'] as const

/** The stage whose parcels a tab shows; none for one that shows orders. */
export const stageOf = (tab: string): Stage | undefined => stages[tab]

/** The shopper's orders of one state, or all. */
export function useOrders(tab: MaybeRefOrGetter<string>) {
  const state = computed(() => (states.includes(toValue(tab)) ? (toValue(tab) as OrderState) : undefined))
  const query = useInfiniteQuery({
    queryKey: computed(() => ['orders', state.value ?? '']),
    queryFn: async ({ pageParam }) => {
      const page = await after.orders({ state: state.value, after: pageParam, limit: 20 })
      const paid = page.items.filter((o) => o.paid_at).map((o) => o.id)
      // The parcels of a whole page in one question.
      const parcels = paid.length ? (await after.parcels({ orders: paid.join(',') })).items : []
      return { ...page, parcels }
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    enabled: computed(() => !stageOf(toValue(tab)) && toValue(tab) !== 'aftersale'),
    staleTime: 5000,
  })
  const orders = computed(() => query.data.value?.pages.flatMap((p) => p.items) ?? [])
  const parcels = computed(() => query.data.value?.pages.flatMap((p) => p.parcels) ?? [])
  return { ...query, orders, parcels }
}

/** The shopper's parcels of a stage, with what was said of those that arrived. */
export function useParcels(tab: MaybeRefOrGetter<string>) {
  const stage = computed(() => stageOf(toValue(tab)))
  const query = useInfiniteQuery({
    queryKey: computed(() => ['parcels', stage.value ?? '']),
    queryFn: async ({ pageParam }) => {
      const page = await after.parcels({ stage: stage.value, after: pageParam, limit: 20 })
      const rated = stage.value === 'received' ? await ratedOf(page.items) : []
      return { ...page, rated }
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    enabled: computed(() => stage.value !== undefined),
    staleTime: 5000,
  })
  const rated = computed(() => new Set(query.data.value?.pages.flatMap((p) => p.rated) ?? []))
  const parcels = computed(() => {
    const all = query.data.value?.pages.flatMap((p) => p.items) ?? []
    return stage.value === 'received' ? all.filter((p) => toRate(p, rated.value).length > 0) : all
  })
  return { ...query, parcels, rated }
}

/** Names of the lines of parcels that were rated, as "order.line". */
async function ratedOf(parcels: Parcel[]): Promise<string[]> {
  const lines = parcels.flatMap((p) => p.lines.map((l) => `${p.order}.${l.index}`)).slice(0, 100)
  return lines.length ? (await after.ratings(lines)).items.map((r) => `${r.order}.${r.line}`) : []
}

/** The lines of a parcel that were received and not rated. What was sent instead of something is not rated again. */
export function toRate(p: Parcel, rated: ReadonlySet<string>): Parcel['lines'] {
  return p.state === 'received' && !p.for ? p.lines.filter((l) => l.sent > 0 && !rated.has(`${p.order}.${l.index}`)) : []
}

/** How much waits behind each tab. */
export function useCounts() {
  const unpaid = useQuery({ queryKey: ['orders', 'count', 'unpaid'], queryFn: () => after.orders({ state: 'unpaid', limit: 50 }), staleTime: 5000 })
  const counts = useQuery({ queryKey: ['parcels', 'count'], queryFn: () => after.counts(), staleTime: 5000 })
  const rate = useQuery({
    queryKey: ['parcels', 'count', 'rate'],
    queryFn: async () => {
      const { items } = await after.parcels({ stage: 'received', limit: 50 })
      const rated = new Set(await ratedOf(items))
      return items.filter((p) => toRate(p, rated).length > 0).length
    },
    staleTime: 5000,
  })
  const requests = useQuery({ queryKey: ['aftersales', 'count'], queryFn: () => after.requests({ limit: 50 }), staleTime: 5000 })
  return computed<Record<string, number | undefined>>(() => ({
    unpaid: unpaid.data.value?.items.length,
    to_ship: counts.data.value?.to_ship,
    to_receive: counts.data.value?.to_receive,
    to_rate: rate.data.value,
    aftersale: requests.data.value?.items.filter((a) => !['done', 'closed', 'withdrawn'].includes(a.state)).length,
  }))
}

/** Forgets what was shown of orders, parcels and requests. */
export function useStale(): (order?: string) => Promise<void> {
  const queries = useQueryClient()
  return async (order) => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: ['orders'] }),
      queries.invalidateQueries({ queryKey: ['parcels'] }),
      queries.invalidateQueries({ queryKey: ['aftersales'] }),
      ...(order ? [queries.invalidateQueries({ queryKey: ['order', order] }), queries.invalidateQueries({ queryKey: ['order-parcels', order] }), queries.invalidateQueries({ queryKey: ['order-requests', order] })] : []),
    ])
  }
}

/** Closes an order that is not paid. */
export function useCancel(): (order: string) => Promise<Order | undefined> {
  const queries = useQueryClient()
  const act = useAct()
  return async (id) => {
    const order = await act(() => api.cancel(id))
    if (order) {
      queries.setQueryData(['order', id], order)
      await queries.invalidateQueries({ queryKey: ['orders'] })
    }
    return order
  }
}

/** Puts what was bought into the cart once more. */
export function useAgain(): (lines: Bought['lines']) => Promise<void> {
  const act = useAct()
  const { t } = useI18n()
  const router = useRouter()
  return async (lines) => {
    await act(async () => {
      // One that is gone does not stand in the way of the others.
      const put = []
      for (const l of lines) put.push(await after.toCart(l.sku, l.n).then(() => true, (err: unknown) => err))
      const done = put.filter((p) => p === true).length
      if (!done) throw put[0]
      if (done < put.length) toast(t('orders.someGone'))
      toast(t('orders.inCart', done), 'good', { label: t('orders.seeCart'), run: () => void router.push('/cart') })
    })
  }
}
