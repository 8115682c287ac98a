import { api, Intention, type Collection, type Post } from '@meadow/api'
import { social } from '@meadow/api/social'
import { toast } from '@meadow/ui'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { useI18n } from 'vue-i18n'
import { useAct } from '../shell/act'

type List = { items: Collection[] }

/** The caller's collections, and whether each holds a post. */
export function useCollections(post = '', enabled: MaybeRefOrGetter<boolean> = true) {
  const query = useQuery({ queryKey: ['collections', post], queryFn: () => social.collections(post), staleTime: 5000, enabled: computed(() => toValue(enabled)) })
  return { ...query, items: computed(() => query.data.value?.items ?? []) }
}

/** Puts a post into collections and takes it out, at once. */
export function useCollect(post: string) {
  const queries = useQueryClient()
  const act = useAct()
  const { t } = useI18n()
  const key = ['collections', post]
  const patch = (id: string, to: (c: Collection) => Partial<Collection>) => queries.setQueryData<List>(key, (old) => old && { items: old.items.map((c) => (c.id === id ? { ...c, ...to(c) } : c)) })
  const saved = (on: boolean, saves?: number) => queries.setQueryData<Post>(['post', post], (p) => p && { ...p, saved: on, saves: saves ?? p.saves })
  const stale = (id: string) => {
    void queries.invalidateQueries({ queryKey: ['cards', 'saved'] })
    void queries.invalidateQueries({ queryKey: ['cards', 'in', id] })
    void queries.invalidateQueries({ queryKey: ['collections', ''] })
  }

  async function put(c: Collection, on: boolean): Promise<void> {
    const change = (holds: boolean) => patch(c.id, (x) => ({ holds, posts: Math.max(0, x.posts + (holds === x.holds ? 0 : holds ? 1 : -1)) }))
    const done = await act(async () => {
      change(on)
      if (!on) return social.uncollect(c.id, post)
      const after = await social.saveIn(post, [c.id])
      saved(after.saved, after.saves)
      return after
    })
    if (!done) {
      change(!on)
      return
    }
    toast(t(on ? 'collections.put' : 'collections.tookOut', { name: c.name }), 'good')
    stale(c.id)
  }

  async function unsave(): Promise<boolean> {
    const done = await act(() => api.save(post, false))
    if (!done) return false
    saved(done.saved, done.saves)
    void queries.invalidateQueries({ queryKey: ['cards', 'saved'] })
    void queries.invalidateQueries({ queryKey: ['collections'] })
    return true
  }
  return { put, unsave }
}

/** Makes a collection, once however often it is asked for. */
export function useNewCollection() {
  const queries = useQueryClient()
  const act = useAct()
  const intention = new Intention()
  return async (name: string, open: boolean): Promise<Collection | undefined> => {
    const body = { name, open }
    const made = await act(() => social.newCollection(body, intention.keyFor(body)))
    if (!made) return undefined
    intention.done()
    for (const [key] of queries.getQueriesData<List>({ queryKey: ['collections'] })) queries.setQueryData<List>(key, (old) => old && { items: [{ ...made, holds: false }, ...old.items.filter((c) => c.id !== made.id)] })
    return made
  }
}
