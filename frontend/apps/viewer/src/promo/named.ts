import { api } from '@meadow/api'
import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

/** A shop's name, once it is known. */
export function useMerchant(id: () => string | undefined) {
  const { data } = useQuery({ queryKey: computed(() => ['merchant', id() ?? '']), queryFn: () => api.merchant(id()!), enabled: computed(() => !!id()), staleTime: 5 * 60_000, retry: false })
  return computed(() => data.value?.name ?? '…')
}

/** A product's title, once it is known. */
export function useTitle(id: () => string | undefined) {
  const { data } = useQuery({ queryKey: computed(() => ['product', id() ?? '']), queryFn: () => api.product(id()!), enabled: computed(() => !!id()), staleTime: 60_000, retry: false })
  return computed(() => data.value?.title ?? '…')
}
