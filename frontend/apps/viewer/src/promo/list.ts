import { type Page } from '@meadow/api'
import { useInfiniteQuery } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'

/** A list that grows page by page. */
export function useList<T>(key: MaybeRefOrGetter<readonly string[]>, load: (after: string) => Promise<Page<T>>, enabled: MaybeRefOrGetter<boolean> = true, every?: number) {
  const query = useInfiniteQuery({
    queryKey: computed(() => ['promo', ...toValue(key)]),
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: '',
    getNextPageParam: (last: Page<T>) => last.next || undefined,
    enabled: computed(() => toValue(enabled)),
    staleTime: 5000,
    ...(every ? { refetchInterval: every } : {}),
  })
  return { ...query, items: computed<T[]>(() => query.data.value?.pages.flatMap((p) => p.items) ?? []) }
}
