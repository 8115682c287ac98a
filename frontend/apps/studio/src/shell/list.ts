import type { Page } from '@meadow/api'
import { useInfiniteQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

/** A list that grows page by page. */
export function useList<T>(key: readonly string[], load: (after: string) => Promise<Page<T>>) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  })
  const items = computed(() => query.data.value?.pages.flatMap((p) => p.items) ?? [])
  const bind = computed(() => ({
    pending: query.isPending.value,
    error: query.error.value,
    count: items.value.length,
    hasNext: query.hasNextPage.value,
    failedMore: query.isFetchNextPageError.value,
    onRetry: () => void query.refetch(),
    onMore: () => {
      if (!query.isFetching.value) void query.fetchNextPage()
    },
    onRetryMore: () => void query.fetchNextPage(),
  }))
  return { items, bind, refetch: query.refetch }
}
