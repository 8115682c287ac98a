import { api, type Product } from '@meadow/api'
import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { shop } from '../table/shop'

/** One that can be sold: a SKU with what it is of. */
export interface Sellable { sku: string; label: string; price: Product['skus'][number]['price']; product: Product }

/** A shop's products, up to 200: what a campaign may be for. */
export function useGoods(on: () => boolean = () => true) {
  const { data } = useQuery({
    queryKey: computed(() => ['campaign-goods', shop.value]),
    enabled: computed(on),
    staleTime: 60_000,
    queryFn: async () => {
      const out: Product[] = []
      for (let after = ''; out.length < 200; ) {
        const page = await api.products({ mine: true, after, limit: 50 })
        out.push(...page.items)
        after = page.next ?? ''
        if (!after) break
      }
      return out
    },
  })
  const products = computed(() => data.value ?? [])
  const sellables = computed<Sellable[]>(() => products.value.flatMap((p) => p.skus.map((s) => ({ sku: s.id, label: [p.title, ...s.values].join(' · '), price: s.price, product: p }))))
  const currency = computed(() => sellables.value[0]?.price.currency ?? 'CNY')
  return { products, sellables, currency, sellable: (sku: string) => sellables.value.find((s) => s.sku === sku) }
}
export type Goods = ReturnType<typeof useGoods>
