import { api, Intention, type Comment, type Page } from '@meadow/api'
import { useInfiniteQuery, useQueryClient, type InfiniteData } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { useAct } from '../shell/act'

type Pages = InfiniteData<Page<Comment>, string>

/** A post's comments, or the replies to one, page by page. */
export function useComments(post: string, parent = '', enabled: MaybeRefOrGetter<boolean> = true) {
  const queries = useQueryClient()
  const act = useAct()
  const key = ['comments', post, parent]
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => api.comments(post, { parent, after: pageParam, limit: parent ? 50 : 20 }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    enabled: computed(() => toValue(enabled)),
  })
  const items = computed(() => query.data.value?.pages.flatMap((p) => p.items) ?? [])

  const patch = (change: (items: Comment[], page: number, pages: number) => Comment[]) =>
    queries.setQueryData<Pages>(key, (old) => {
      const pages = old?.pages.length ? old.pages : [{ items: [] }]
      return { pages: pages.map((p, i) => ({ ...p, items: change(p.items, i, pages.length) })), pageParams: old?.pageParams.length ? old.pageParams : [''] }
    })

  const intention = new Intention()
  /** Says something; comments come first in their list, replies last. */
  async function say(body: string): Promise<boolean> {
    const request = parent ? { body, parent } : { body }
    const said = await act(() => api.say(post, request, intention.keyFor(request)))
    if (!said) return false
    intention.done()
    patch((list, i, n) => (parent ? (i === n - 1 ? [...list, said] : list) : i === 0 ? [said, ...list] : list))
    return true
  }

  async function unsay(comment: string): Promise<boolean> {
    const gone = await act(() => api.unsay(comment))
    if (!gone) return false
    patch((list) => list.filter((c) => c.id !== comment))
    return true
  }
  return { ...query, items, say, unsay }
}
