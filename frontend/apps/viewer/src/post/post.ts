import { api, type Post } from '@meadow/api'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { useAct } from '../shell/act'

/** A post with its tags' prices as they are now. */
export function usePost(id: string) {
  return useQuery({ queryKey: ['post', id], queryFn: () => api.post(id) })
}

/** What one may do to a post besides liking it. Each shows at once. */
export function usePostActions(id: string) {
  const queries = useQueryClient()
  const act = useAct()
  const patch = (change: (p: Post) => Partial<Post>) => queries.setQueryData<Post>(['post', id], (p) => p && { ...p, ...change(p) })

  async function save(post: Post): Promise<void> {
    const on = !post.saved
    const before = { saves: post.saves, saved: post.saved }
    const after = await act(() => {
      patch(() => ({ saved: on, saves: before.saves + (on ? 1 : -1) }))
      return api.save(id, on)
    })
    patch(() => (after ? { saved: after.saved, saves: after.saves } : before))
    void queries.invalidateQueries({ queryKey: ['cards', 'saved'] })
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

  const counted = (by: number) => patch((p) => ({ comments: Math.max(0, p.comments + by) }))
  return { save, follow, counted }
}
