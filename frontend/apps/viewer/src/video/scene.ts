import { me, type Post, type SeenKind } from '@meadow/api'
import { viewer } from '@meadow/i18n'
import { toast } from '@meadow/ui'
import { defineAsyncComponent, inject } from 'vue'
import { useI18n } from 'vue-i18n'
import { useLike } from '../feed/like'
import { usePostActions } from '../post/post'
import { languagesKey } from '../shell/language'
import type { Reporter } from '../seen/report'
import { Watch } from './watch'

/** The picture need not wait for what lies over it. */
export const VideoOver = defineAsyncComponent(() => import('./VideoOver.vue'))

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
    const own = me.value ? await import('@meadow/api/social').then((s) => s.social.share(post.id)).catch(() => undefined) : undefined
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
    // Counting what is seen must not delay what is seen.
    if (kind !== 'impression' || !before) void report(kind, id, more)
  })
}

async function report(kind: SeenKind, post: string, more: Parameters<Reporter['add']>[3]): Promise<void> {
  const { reporter } = await import('../seen/report')
  reporter.add(kind, post, 'video', more)
  if (kind === 'dwell') reporter.flush() // the page may be going away
}
