import { api, type Post } from '@meadow/api'
import { toast } from '@meadow/ui'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { useI18n } from 'vue-i18n'
import { useAct } from '../shell/act'

/** A post with its tags' prices as they are now; via is the share it was opened by. */
export function usePost(id: string, via = '') {
  return useQuery({ queryKey: ['post', id], queryFn: () => api.post(id, via) })
}

/** What one may do to a post besides liking it. Each shows at once. */
export function usePostActions(id: string, collect: () => void) {
  const queries = useQueryClient()
  const act = useAct()
  const { t } = useI18n()
  const patch = (change: (p: Post) => Partial<Post>) => queries.setQueryData<Post>(['post', id], (p) => p && { ...p, ...change(p) })

  async function save(post: Post): Promise<void> {
    const on = !post.saved
    const before = { saves: post.saves, saved: post.saved }
    const after = await act(() => {
      patch(() => ({ saved: on, saves: Math.max(0, before.saves + (on ? 1 : -1)) }))
      return api.save(id, on)
    })
    patch(() => (after ? { saved: after.saved, saves: after.saves } : before))
    if (after?.saved) toast(t('post.savedToast'), 'good', { label: t('post.chooseCollection'), run: collect })
    void queries.invalidateQueries({ queryKey: ['cards', 'saved'] })
    void queries.invalidateQueries({ queryKey: ['collections'] })
  }

  async function follow(post: Post): Promise<void> {
    const on = !post.followed
    const after = await act(() => {
      patch(() => ({ followed: on }))
      return api.follow(post.author.id, on)
    })
    patch(() => ({ followed: after ? after.followed : !on }))
    if (after) {
      queries.setQueryData(['profile', post.author.id], after)
      void queries.invalidateQueries({ queryKey: ['cards', 'following'] })
    }
  }
  return { save, follow }
}
