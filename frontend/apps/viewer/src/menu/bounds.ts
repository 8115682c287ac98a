import { type Author, type Card, type Comment, type How, type Page, type Profile } from '@meadow/api'
import { social } from '@meadow/api/social'
import { toast } from '@meadow/ui'
import { useQueryClient, type InfiniteData } from '@tanstack/vue-query'
import { useI18n } from 'vue-i18n'
import { useAct } from '../shell/act'

type By = { author: Author }
type Pages = InfiniteData<Page<By>, string>

/** The pages without what somebody made. */
export function without<T extends By>(pages: InfiniteData<Page<T>, string>, person: string): InfiniteData<Page<T>, string> {
  return { ...pages, pages: pages.pages.map((p) => ({ ...p, items: p.items.filter((i) => i.author.id !== person) })) }
}

/**
 * Blocks and mutes people: at once, everywhere on this screen, with a way back.
 * Lists that lost cards get them back if it is undone or refused.
 */
export function useBounds() {
  const queries = useQueryClient()
  const act = useAct()
  const { t } = useI18n()
  const lists = (key: string) => queries.getQueriesData<Pages>({ queryKey: [key] })
  const mark = (person: string, how: How, on: boolean) =>
    queries.setQueryData<Profile>(['profile', person], (p) => p && { ...p, ...(how === 'block' ? { blocked: on, followed: on ? false : p.followed } : { muted: on }) })

  async function keepAway(person: Author, how: How): Promise<boolean> {
    // A profile's own list stays: somebody is looking at it.
    const before = [...lists('cards'), ...lists('comments')].filter(([key]) => !(key[1] === 'by' && key[2] === person.id))
    const profile = queries.getQueryData<Profile>(['profile', person.id])
    const restore = () => {
      for (const [key, data] of before) queries.setQueryData(key, data)
      queries.setQueryData(['profile', person.id], profile)
    }
    const done = await act(() => {
      for (const [key, data] of before) if (data?.pages) queries.setQueryData(key, without(data as InfiniteData<Page<Card | Comment>, string>, person.id))
      mark(person.id, how, true)
      return social.bound(person.id, how, true)
    })
    if (!done) {
      restore()
      return false
    }
    toast(t(how === 'block' ? 'menu.blocked' : 'menu.muted', { name: person.name }), 'plain', {
      label: t('common.undo'),
      run: () => {
        restore()
        void letBack(person, how, true)
      },
    })
    void queries.invalidateQueries({ queryKey: ['bounds'] })
    return true
  }

  async function letBack(person: { id: string; name: string }, how: How, quiet = false): Promise<boolean> {
    const done = await act(() => {
      mark(person.id, how, false)
      return social.bound(person.id, how, false)
    })
    if (!done) {
      mark(person.id, how, true)
      return false
    }
    if (!quiet) toast(t(how === 'block' ? 'menu.unblocked' : 'menu.unmuted', { name: person.name }), 'good')
    void queries.invalidateQueries({ queryKey: ['bounds'] })
    return true
  }
  return { keepAway, letBack }
}
