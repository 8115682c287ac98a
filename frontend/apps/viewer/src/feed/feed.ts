import { api, type Boot, type Card, type Page, type Reaction } from '@meadow/api'
import { useInfiniteQuery, type InfiniteData, type QueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'

type Pages = InfiniteData<Page<Card>, string>
type Load = (after: string) => Promise<Page<Card>>

/** Puts what the server wrote into the page where the screens look for it. */
export function seed(queries: QueryClient, boot: Boot): void {
  const { feed, post, product, profile, posts, merchant, products } = boot.page ?? {}
  const first = <T>(page: Page<T>) => ({ pages: [page], pageParams: [''] })
  if (feed) queries.setQueryData(['cards', 'newest'], first(feed))
  if (post) queries.setQueryData(['post', post.id], post)
  if (product) queries.setQueryData(['product', product.id], product)
  if (profile) queries.setQueryData(['profile', profile.id], profile)
  if (merchant) queries.setQueryData(['merchant', merchant.id], merchant)
  if (merchant && products) queries.setQueryData(['products', merchant.id], first(products))
  if (profile && posts) queries.setQueryData(['cards', 'by', profile.id], first(posts))
}

/** A list of cards that grows page by page; a post is in it once. */
export function useCards(key: MaybeRefOrGetter<readonly string[]>, load: Load, enabled: MaybeRefOrGetter<boolean> = true) {
  const query = useInfiniteQuery({
    queryKey: computed(() => ['cards', ...toValue(key)]),
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    enabled: computed(() => toValue(enabled)),
    staleTime: 5 * 60_000,
  })
  const cards = computed(() => {
    const seen = new Map<string, Card>()
    for (const page of query.data.value?.pages ?? []) for (const c of page.items) if (!seen.has(c.id)) seen.set(c.id, c)
    return [...seen.values()]
  })
  const more = () => {
    if (query.hasNextPage.value && !query.isFetching.value && !query.isFetchNextPageError.value) void query.fetchNextPage()
  }
  return { ...query, cards, more }
}

export const loadNewest: Load = (after) => api.newest({ after, limit: 20 })
export const loadFollowing: Load = (after) => api.following({ after, limit: 20 })

/** Writes a post's new counts into every list that shows it. */
export function patchCards(queries: QueryClient, post: string, change: Partial<Pick<Reaction, 'likes' | 'liked'>>): void {
  queries.setQueriesData<Pages>({ queryKey: ['cards'] }, (old) =>
    old && {
      ...old,
      pages: old.pages.map((p) => (p.items.some((c) => c.id === post) ? { ...p, items: p.items.map((c) => (c.id === post ? { ...c, ...change } : c)) } : p)),
    },
  )
}
