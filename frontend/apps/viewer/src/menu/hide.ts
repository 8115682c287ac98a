import { type Card, type Post } from '@meadow/api'
import { feed, type HideReason } from '@meadow/api/feed'
import { toast } from '@meadow/ui'
import { nextTick } from 'vue'
import { useI18n } from 'vue-i18n'
import { unwanted } from '../feed/feed'
import { useAct } from '../shell/act'

/** The reasons somebody may have, the plainest first. */
export const hideReasons: readonly HideReason[] = ['post', 'author', 'topic', 'seen', 'ad']

/** The card after that of a post, for the focus to go on to. */
function after(post: string): HTMLElement | null {
  const cell = document.querySelector(`.card[data-post="${CSS.escape(post)}"]`)?.closest('li')
  return (cell?.nextElementSibling ?? cell?.previousElementSibling)?.querySelector<HTMLElement>('.card-link') ?? null
}

/** Takes a post out of the lists at once, with a way back; it returns if the server says no. */
export function useHide(): (post: Card | Post, reason: HideReason) => Promise<void> {
  const act = useAct()
  const { t } = useI18n()
  return async (post, reason) => {
    const gone = reason === 'author' ? [post.id, post.author.id] : [post.id]
    const back = () => gone.forEach((id) => unwanted.delete(id))
    const next = after(post.id)
    const done = await act(() => {
      gone.forEach((id) => unwanted.add(id))
      return feed.hide(post.id, reason)
    })
    if (!done) return back()
    await nextTick()
    if (document.activeElement === document.body) next?.focus({ preventScroll: true })
    toast(reason === 'author' ? t('hide.doneAuthor', { name: post.author.name }) : t('hide.done'), 'plain', {
      label: t('common.undo'),
      run: async () => {
        back()
        if (!(await act(() => feed.unhide(post.id)))) gone.forEach((id) => unwanted.add(id))
      },
    })
  }
}
