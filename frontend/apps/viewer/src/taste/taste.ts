import { me } from '@meadow/api'
import { feed, type Taste } from '@meadow/api/feed'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed } from 'vue'
import { keepMine } from '../feed/mine'
import { useAct } from '../shell/act'

/** How many topics can be chosen, or muted; and how many fit on the strip. */
export const most = { topics: 50, tabs: 8 }

const key = () => ['taste', me.value?.id ?? '']
const keep = (p: Taste) => keepMine({ home: p.home ?? '', place: p.place ?? '', dense: p.dense })

/** Somebody's choices about their feed, and what changes them: at once, here and on the next request. */
export function useTaste() {
  const queries = useQueryClient()
  const act = useAct()
  const query = useQuery({
    queryKey: computed(key),
    queryFn: async () => {
      const p = await feed.taste()
      keep(p)
      return p
    },
    enabled: computed(() => !!me.value),
    staleTime: 60_000,
  })

  /** What was shown for the old choices is asked for anew when it is next looked at. */
  function anew(): void {
    for (const list of ['foryou', 'nearby', 'following']) void queries.resetQueries({ queryKey: ['cards', list] })
    for (const about of ['profile', 'history', 'topic']) void queries.invalidateQueries({ queryKey: ['taste', about] })
    void queries.invalidateQueries({ queryKey: ['shop-for-you'] })
  }

  /** Takes over what the server answered. */
  function told(p: Taste): void {
    keep(p)
    queries.setQueryData(key(), p)
    anew()
  }

  async function change(to: Partial<Taste>): Promise<boolean> {
    const before = query.data.value
    if (!before) return false
    const wanted = { ...before, ...to }
    queries.setQueryData(key(), wanted)
    const { changed_at: _, ...body } = wanted
    const after = await act(() => feed.setTaste(body))
    if (after) told(after)
    else queries.setQueryData(key(), before)
    return !!after
  }

  /** Chooses or mutes one topic, or takes that back. To choose a muted one unmutes it, and the other way round. */
  async function topic(how: 'choose' | 'mute', name: string, on: boolean): Promise<boolean> {
    if (!(await act(() => feed[how](name, on)))) return false
    queries.setQueryData<Taste>(key(), (p) => {
      if (!p) return p
      const not = (list: string[]) => list.filter((x) => x !== name)
      const [mine, other] = how === 'choose' ? (['topics', 'muted'] as const) : (['muted', 'topics'] as const)
      return { ...p, [mine]: on ? [...not(p[mine]), name] : not(p[mine]), [other]: on ? not(p[other]) : p[other] }
    })
    anew()
    return true
  }
  return { ...query, change, topic, told, anew }
}
