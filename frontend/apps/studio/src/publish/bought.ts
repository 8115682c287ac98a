import { api, type FoundProduct } from '@meadow/api'
import type { Order } from '@meadow/api/studio'
import { useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

/** What the orders hold, each product once. */
export function productsOf(orders: readonly Order[]): FoundProduct[] {
  const found = new Map<string, FoundProduct>()
  for (const l of orders.flatMap((o) => o.lines)) if (!found.has(l.product)) found.set(l.product, { id: l.product, title: l.title, cover: l.picture, price: l.price, sold: 0 })
  return [...found.values()]
}

/** The caller's paid orders: what they may show as bought. */
export function useBought(wanted: Ref<boolean>) {
  const { data, isPending, error, refetch } = useQuery({ queryKey: ['bought'], queryFn: () => api.orders({ state: 'paid', limit: 50 }), enabled: wanted, staleTime: 60_000 })
  const orders = computed(() => data.value?.items ?? [])
  return { orders, isPending, error, refetch }
}
