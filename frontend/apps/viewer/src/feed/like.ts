import { api, me, type Post } from '@meadow/api'
import { useQueryClient } from '@tanstack/vue-query'
import { askSignIn, useAct } from '../shell/act'
import { patchCards } from './feed'

interface Likeable {
  id: string
  likes: number
  liked: boolean
}

/** Likes at once, and takes it back if the server says no. */
export function useLike(): (it: Likeable, on?: boolean) => Promise<void> {
  const queries = useQueryClient()
  const act = useAct()
  const write = (id: string, to: { likes: number; liked: boolean }) => {
    patchCards(queries, id, to)
    queries.setQueryData<Post>(['post', id], (old) => old && { ...old, ...to })
  }
  return async (it, on = !it.liked) => {
    if (on === it.liked) return
    if (!me.value && !(await askSignIn())) return
    const before = { likes: it.likes, liked: it.liked }
    write(it.id, { likes: it.likes + (on ? 1 : -1), liked: on })
    const after = await act(() => api.like(it.id, on))
    write(it.id, after ? { likes: after.likes, liked: after.liked } : before)
  }
}
