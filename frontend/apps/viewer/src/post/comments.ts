import { me, Intention, type Comment, type CommentOrder, type Mention, type Page, type Picture, type Post } from '@meadow/api'
import { social } from '@meadow/api/social'
import { toast } from '@meadow/ui'
import { useInfiniteQuery, useQueryClient, type InfiniteData } from '@tanstack/vue-query'
import { computed, ref, toValue, type MaybeRefOrGetter } from 'vue'
import { useI18n } from 'vue-i18n'
import { askSignIn, useAct } from '../shell/act'
import { drop, insert, patch } from './thread'

export type Pages = InfiniteData<Page<Comment>, string>
export interface Said {
  body: string
  mentions: Mention[]
  pictures: { id: string; alt: string; preview: string }[]
}

/** A post's comments with the first replies to each, page by page. */
export function useComments(post: string, order: MaybeRefOrGetter<CommentOrder>) {
  const query = useInfiniteQuery({
    queryKey: computed(() => ['comments', post, toValue(order)]),
    queryFn: ({ pageParam }) => social.comments(post, { order: toValue(order), after: pageParam, limit: 20 }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  })
  const items = computed(() => [...new Map((query.data.value?.pages ?? []).flatMap((p) => p.items).map((c) => [c.id, c])).values()])
  return { ...query, items }
}

/** The replies to a comment besides those that came with it, once wanted. */
export function useReplies(post: string, parent: string, wanted: MaybeRefOrGetter<boolean>) {
  const query = useInfiniteQuery({
    queryKey: ['comments', post, 'replies', parent],
    queryFn: ({ pageParam }) => social.comments(post, { parent, after: pageParam, limit: 20 }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    enabled: computed(() => toValue(wanted)),
  })
  const items = computed(() => query.data.value?.pages.flatMap((p) => p.items) ?? [])
  return { ...query, items }
}

/** What one does with comments. Each shows at once, and is taken back if refused. */
export function useTalk(post: () => Post | undefined) {
  const queries = useQueryClient()
  const act = useAct()
  const { t } = useI18n()
  const intention = new Intention()
  const counted = (by: number) => queries.setQueryData<Post>(['post', post()!.id], (p) => p && { ...p, comments: Math.max(0, p.comments + by) })
  const all = (change: (pages: Pages, key: readonly unknown[]) => Pages) => {
    for (const [key, pages] of queries.getQueriesData<Pages>({ queryKey: ['comments', post()!.id] })) if (pages) queries.setQueryData(key, change(pages, key))
  }
  const write = (id: string, to: Partial<Comment>) => all((pages) => patch(pages, id, to))

  /** Shows what is being said, then says it; false gives the words back. */
  async function say(what: Said, to?: { thread: string; comment: Comment }): Promise<boolean> {
    if (!me.value && !(await askSignIn())) return false
    const at = new Date().toISOString()
    const id = `sending-${crypto.randomUUID()}`
    const picture = (p: Said['pictures'][number]): Picture => ({ id: p.id, alt: p.alt, width: 1, height: 1, thumbhash: '', thumb: p.preview, card: p.preview, full: p.preview })
    const shown: Comment = {
      id, post: post()!.id, ...(to ? { parent: to.thread, ...(to.comment.id === to.thread ? {} : { to: to.comment.author }) } : {}), author: { id: me.value!.id, name: me.value!.name }, body: what.body,
      pictures: what.pictures.map(picture), mentions: what.mentions, likes: 0, liked: false, replies: 0, by_author: me.value!.id === post()!.author.id, first: false, pinned: false, bought: false, mine: true, state: 'sending', at,
    }
    all((pages, key) => insert(pages, key, shown, to?.thread))
    counted(1)
    const body = { body: what.body, ...(to ? { parent: to.comment.id } : {}), pictures: what.pictures.map((p) => ({ id: p.id, alt: p.alt })), mentions: what.mentions.map((m) => m.id) }
    const said = await act(() => social.say(post()!.id, body, intention.keyFor(body)))
    if (!said) {
      all((pages) => drop(pages, id))
      counted(-1)
      return false
    }
    intention.done()
    write(id, said)
    if (said.state === 'held') toast(t('post.commentHeld'))
    return true
  }

  async function unsay(comment: Comment): Promise<void> {
    const before = queries.getQueriesData<Pages>({ queryKey: ['comments', post()!.id] })
    const gone = 1 + comment.replies
    const done = await act(() => {
      all((pages) => drop(pages, comment.id))
      counted(-gone)
      return social.unsay(comment.id)
    })
    if (done) return
    for (const [key, pages] of before) queries.setQueryData(key, pages)
    counted(gone)
  }

  async function like(comment: Comment): Promise<void> {
    if (!me.value && !(await askSignIn())) return
    const before = { likes: comment.likes, liked: comment.liked }
    write(comment.id, { liked: !before.liked, likes: before.likes + (before.liked ? -1 : 1) })
    const after = await act(() => social.likeComment(comment.id, !before.liked))
    write(comment.id, after ?? before)
  }

  async function pin(comment: Comment): Promise<void> {
    const on = !comment.pinned
    const before = queries.getQueriesData<Pages>({ queryKey: ['comments', post()!.id] })
    const done = await act(() => {
      all((pages) => ({ ...pages, pages: pages.pages.map((p) => ({ ...p, items: p.items.map((c) => ({ ...c, pinned: on && c.id === comment.id })) })) }))
      return social.pin(comment.id, on)
    })
    if (done) void queries.invalidateQueries({ queryKey: ['comments', post()!.id] })
    else for (const [key, pages] of before) queries.setQueryData(key, pages)
  }

  async function letShow(comment: Comment): Promise<void> {
    const done = await act(() => {
      write(comment.id, { state: 'shown' })
      return social.letShow(comment.id)
    })
    if (!done) write(comment.id, { state: comment.state })
  }
  return { say, unsay, like, pin, letShow }
}

/** Whom a comment's form may reply to, for one thread at a time. */
export const replyingTo = ref<{ thread: string; comment: Comment } | null>(null)
