import { api, type Card, type Page, type Post } from '@meadow/api'
import { find } from '@meadow/api/find'
import { useQueryClient } from '@tanstack/vue-query'
import { computed, ref, shallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { unwanted, useCards } from '../feed/feed'
import { extend, forgetWatched, keepWatched, watched } from './watched'

const replays = 'replay:'

/** Videos first, then replays of live rooms: one list after the other, by one cursor. */
async function load(after: string, lang: string, first: string): Promise<Page<Card>> {
  const replay = after.startsWith(replays)
  const cursor = replay ? after.slice(replays.length) : after
  const page = await find.videos({ kind: replay ? 'replay' : 'video', limit: 10, lang, ...(cursor ? { after: cursor } : {}), ...(first && !after ? { first } : {}) })
  return { items: page.items ?? [], next: replay ? page.next && replays + page.next : page.next || replays }
}

/** The videos that somebody goes through, beginning with one if it is named. */
export function useReel(first: string) {
  const { locale } = useI18n()
  const queries = useQueryClient()
  const feed = useCards(['video', first], (after) => load(after, locale.value, first))
  const before = watched()
  before.delete(first)
  /** Grows when the list changed under the present one. */
  const moved = ref(0)
  const left = new Map<string, number>()
  const ids = shallowRef<string[]>(first ? [first] : [])
  const at = ref(0)
  const cards = computed(() => new Map(feed.cards.value.map((c) => [c.id, c])))
  const present = computed(() => ids.value[at.value])

  const grow = () => (ids.value = extend(ids.value, at.value, feed.cards.value.map((c) => c.id), new Set([...before, ...left.keys()])))
  watch(feed.cards, grow, { immediate: true })

  // A few are always known ahead; where all of a page was watched, the next is asked for.
  const ahead = computed(() => ids.value.length - at.value < 4 && !!feed.data.value && !feed.isFetching.value)
  watch([ahead, feed.data], () => ahead.value && feed.more(), { immediate: true })

  watch(
    present,
    (id) => {
      if (!id) return
      keepWatched(id)
      for (const next of ids.value.slice(at.value + 1, at.value + 3)) void queries.prefetchQuery({ queryKey: ['post', next], queryFn: () => api.post(next) })
    },
    { immediate: true },
  )
  // Also those that came while the present one was there.
  watch(ids, () => {
    const next = ids.value[at.value + 1]
    if (next) void queries.prefetchQuery({ queryKey: ['post', next], queryFn: () => api.post(next) })
  })

  // What is not wanted leaves at once, and comes back to where it was.
  const out = (id: string) => unwanted.has(id) || unwanted.has(cards.value.get(id)?.author.id ?? queries.getQueryData<Post>(['post', id])?.author.id ?? '')
  watch(
    () => [...unwanted],
    () => {
      let next = [...ids.value]
      let to = at.value
      for (const [id, i] of left) {
        if (out(id)) continue
        left.delete(id)
        next.splice(i, 0, id)
        to = i
      }
      for (const id of ids.value.filter(out)) {
        const i = next.indexOf(id)
        left.set(id, i)
        next = next.toSpliced(i, 1)
        if (i < to) to--
      }
      ids.value = next
      at.value = Math.max(0, to)
      moved.value++
    },
  )

  /** Goes to one that may not be in the list. Returns where it is. */
  function include(id: string): number {
    const i = ids.value.indexOf(id)
    if (i >= 0) return i
    ids.value = ids.value.toSpliced(at.value + 1, 0, id)
    return Math.min(at.value + 1, ids.value.length - 1)
  }

  /** Begins anew, with what was watched. */
  async function again(): Promise<void> {
    forgetWatched()
    before.clear()
    at.value = 0
    ids.value = []
    queries.removeQueries({ queryKey: ['cards', 'video', first] })
    await feed.refetch()
    grow()
  }
  return { ids, at, cards, present, moved, include, again, pending: feed.isPending, error: feed.error, retry: feed.refetch, hasNext: feed.hasNextPage, failedMore: feed.isFetchNextPageError, retryMore: feed.fetchNextPage }
}
