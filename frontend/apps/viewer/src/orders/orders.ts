import { api, type Order, type OrderState } from '@meadow/api'
import { useInfiniteQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { useAct } from '../shell/act'

export const orderStates = ['unpaid', 'paid', 'cancelled', 'expired', 'refunded'] as const

/** The shopper's orders of one state, or all. */
export function useOrders(state: MaybeRefOrGetter<string>) {
  const query = useInfiniteQuery({
    queryKey: computed(() => ['orders', toValue(state)]),
    queryFn: ({ pageParam }) => api.orders({ state: (toValue(state) || undefined) as OrderState | undefined, after: pageParam, limit: 20 }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  })
  return { ...query, orders: computed(() => query.data.value?.pages.flatMap((p) => p.items) ?? []) }
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
