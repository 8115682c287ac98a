import { ApiError, api, type Boot, type Card, type Page, type Reaction, type Shown } from '@meadow/api'
import { useInfiniteQuery, type InfiniteData, type QueryClient } from '@tanstack/vue-query'
import { computed, shallowReactive, toValue, type MaybeRefOrGetter } from 'vue'

type Pages = InfiniteData<Page<Card>, string>
export type Load = (after: string) => Promise<Page<Card & Partial<Shown>>>

/** Marks a cursor of the newest posts in a list that is otherwise chosen. */
const plain = 'newest '

/** Posts and authors that somebody just said they do not want: ids of both. */
export const unwanted = shallowReactive(new Set<string>())
/** The lists that they leave; a profile keeps what is its own. */
const chosen = ['foryou', 'nearby', 'following', 'topic', 'related']

/** Puts what the server wrote into the page where the screens look for it. */
export function seed(queries: QueryClient, boot: Boot): void {
  const { feed, post, product, profile, posts, merchant, products } = boot.page ?? {}
  const first = <T>(page: Page<T>) => ({ pages: [page], pageParams: [''] })
  // A first page that was chosen for somebody says of each card why.
  if (feed?.items?.some((c) => 'hint' in c)) queries.setQueryData(['cards', 'foryou', boot.me?.id ?? '', ''], first(feed))
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
    const seen = new Map<string, Card & Partial<Shown>>()
    for (const page of query.data.value?.pages ?? []) for (const c of page.items ?? []) if (!seen.has(c.id)) seen.set(c.id, c)
    const all = [...seen.values()]
    return chosen.includes(toValue(key)[0] ?? '') ? all.filter((c) => !unwanted.has(c.id) && !unwanted.has(c.author.id)) : all
  })
  const more = () => {
    if (query.hasNextPage.value && !query.isFetching.value && !query.isFetchNextPageError.value) void query.fetchNextPage()
  }
  return { ...query, cards, more }
}

/** What suits somebody best; the newest posts while that cannot be worked out. */
export async function loadForYou(asked: { topic?: string; place?: string; lang?: string }, after: string): ReturnType<Load> {
  if (!after.startsWith(plain)) {
    try {
      return await api.forYou({ ...asked, after, limit: 20 })
    } catch (err) {
      if (after || asked.topic || asked.place || !(err instanceof ApiError) || err.status < 500) throw err
    }
  }
  const page = await api.newest({ after: after.slice(plain.length), limit: 20 })
  return { ...page, next: page.next && plain + page.next }
}

/** Writes a post's new counts into every list that shows it. */
export function patchCards(queries: QueryClient, post: string, change: Partial<Pick<Reaction, 'likes' | 'liked'>>): void {
  queries.setQueriesData<Pages>({ queryKey: ['cards'] }, (old) =>
    old && {
      ...old,
      pages: old.pages.map((p) => (p.items?.some((c) => c.id === post) ? { ...p, items: p.items.map((c) => (c.id === post ? { ...c, ...change } : c)) } : p)),
    },
  )
}
