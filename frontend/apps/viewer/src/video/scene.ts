import { me, type Post } from '@meadow/api'
import { social } from '@meadow/api/social'
import { viewer } from '@meadow/i18n'
import { toast } from '@meadow/ui'
import { inject } from 'vue'
import { useI18n } from 'vue-i18n'
import { useLike } from '../feed/like'
import { usePostActions } from '../post/post'
import { reporter } from '../seen/report'
import { languagesKey } from '../shell/language'
import { Watch } from './watch'

/** What was shown since the app was opened counts as shown once. */
const shown = new Set<string>()

/** What one may do to a video, by buttons, fingers and keys. */
export function useScene(id: string, collect: () => void) {
  const { t } = useI18n()
  const languages = inject(languagesKey)!
  const like = useLike()
  const act = usePostActions(id, collect)
  // What these say is not among the first words of this screen.
  const words = () => languages.add(viewer)

  async function save(post: Post): Promise<void> {
    await words()
    await act.save(post)
  }

  async function follow(post: Post): Promise<void> {
    await words()
    await act.follow(post)
  }

  /** Copies what one sends to friends: the title and the address, one's own if signed in. */
  async function copy(post: Post): Promise<void> {
    const own = me.value ? await social.share(post.id).catch(() => undefined) : undefined
    const url = new URL(own?.url ?? `/p/${post.id}`, location.origin).href
    try {
      await navigator.clipboard.writeText(`${post.title} ${url}`)
      toast(t('reel.copied'), 'good')
    } catch {
      toast(url)
    }
  }
  return { like, save, follow, copy }
}

/** Begins to count how a video is watched. */
export function watching(post: string): Watch {
  const before = shown.has(post)
  shown.add(post)
  return new Watch(post, (kind, id, more) => {
    if (kind !== 'impression' || !before) reporter.add(kind, id, 'video', more)
  })
}
