import { api, type Picture, type Product, type Tag } from '@meadow/api'
import { useQuery } from '@tanstack/vue-query'
import { computed, ref, watch } from 'vue'
import { begin, candidates, chosen, limitOf, priceRange, type Selection } from './matrix'

/** A product with what is available of it, read anew each time it is opened. */
export function useProduct(id: string) {
  return useQuery({ queryKey: ['product', id], queryFn: () => api.product(id), staleTime: 5000 })
}

/** What a shopper is choosing of a product. */
export function useChoice(product: () => Product | undefined, tag: () => Tag | undefined) {
  const selection = ref<Selection>([])
  const n = ref(1)
  watch(product, (now, before) => now && now.id !== before?.id && (selection.value = begin(now.options ?? [])), { immediate: true })

  const skus = computed(() => product()?.skus ?? [])
  const sku = computed(() => chosen(skus.value, selection.value))
  const left = computed(() => candidates(skus.value, selection.value))
  const range = computed(() => priceRange(left.value))
  const available = computed(() => left.value.reduce((sum, s) => sum + s.available, 0))
  const missing = computed(() => (product()?.options ?? []).filter((_, i) => selection.value[i] === null).map((o) => o.name))
  const picture = computed<Picture | undefined>(() => {
    const own = sku.value?.picture
    const all = product()?.pictures ?? []
    const of = own && all.find((p) => p.id === own)
    return of || (tag()?.cover ?? all[0])
  })
  watch(sku, (s) => (n.value = Math.max(1, Math.min(n.value, limitOf(s)))))

  function choose(option: number, value: string): void {
    selection.value = selection.value.map((v, i) => (i === option ? value : v))
  }
  return { selection, n, sku, range, available, missing, picture, choose }
}
