import { after, type CouponShelf, type Pot } from '@meadow/api/after'
import type { Page } from '@meadow/api'
import { useInfiniteQuery } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'

type Ask = { after?: string; limit?: number }

/** One list of the wallet, page by page. */
function useList<T>(key: MaybeRefOrGetter<readonly string[]>, ask: (query: Ask) => Promise<Page<T>>) {
  const query = useInfiniteQuery({
    queryKey: computed(() => ['wallet', ...toValue(key)]),
    queryFn: ({ pageParam }) => ask({ after: pageParam, limit: 20 }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    staleTime: 10_000,
  })
  return { ...query, items: computed(() => query.data.value?.pages.flatMap((p) => p.items) ?? []) }
}

export const usePointsMoves = () => useList(['points'], (q) => after.pointsMoves(q))
export const useCoupons = (shelf: MaybeRefOrGetter<CouponShelf>) => useList(() => ['coupons', toValue(shelf)], (q) => after.coupons({ ...q, state: toValue(shelf) }))
export const useShares = () => useList(['shares'], (q) => after.shares(q))
export const usePackets = () => useList(['packets'], (q) => after.packets(q))
export const useCashback = () => useList(['cashback'], (q) => after.cashback(q))
export const useMovements = (as: 'wallet' | 'creator', pot: Pot) => useList(['movements', as, pot], (q) => after.movements({ ...q, as, pot }))

export type List = ReturnType<typeof useCashback>
