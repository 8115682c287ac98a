import { me } from '@meadow/api'
import { buy, type Choice, type Coupon, type Quote, type QuoteAsk, type Saving } from '@meadow/api/buy'
import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, onBeforeUnmount, reactive, watch } from 'vue'

/** What a shopper wants besides the goods: null leaves the coupons to the shop. */
export interface Wish {
  coupons: string[] | null
  points: number
}

/** What was chosen in the cart, for the checkout that follows. */
export const cartWish = reactive<Wish>({ coupons: null, points: 0 })

/** What is asked of the till: choices, and never an amount. */
export function askFor(lines: readonly Choice[], wish: Wish, address?: string): QuoteAsk {
  const coupons = wish.coupons === null ? {} : wish.coupons.length ? { coupons: wish.coupons } : { plain: true }
  return { lines: [...lines], ...(address ? { address } : {}), ...coupons, ...(wish.points ? { points: wish.points } : {}) }
}

/** Which coupons a quote used, one for each of its savings. */
export function usedCoupons(savings: readonly Saving[], coupons: readonly Coupon[]): string[] {
  const used: string[] = []
  for (const s of savings) {
    const one = s.kind === 'coupon' && coupons.find((c) => (c.id === s.rule || c.batch === s.rule) && !used.includes(c.id))
    if (one) used.push(one.id)
  }
  return used
}

/** The price of choices as the shop computes it, asked again before it runs out. */
export function useTill(lines: () => Choice[], wish: Wish, address: () => string | undefined = () => undefined) {
  const ask = computed(() => askFor(lines(), wish, address()))
  const query = useQuery({
    queryKey: computed(() => ['quote', me.value?.id, ask.value]),
    queryFn: () => buy.quote(ask.value),
    enabled: computed(() => me.value !== null && ask.value.lines.length > 0),
    staleTime: 0,
    gcTime: 0,
    retry: 1,
    placeholderData: keepPreviousData<Quote>,
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    () => query.data.value?.expires_at,
    (at) => {
      clearTimeout(timer)
      if (at) timer = setTimeout(() => void query.refetch(), Math.max(30_000, Date.parse(at) - Date.now() - 20_000))
    },
    { immediate: true },
  )
  onBeforeUnmount(() => clearTimeout(timer))
  return query
}
