import { client, done, forgetToken } from './client'
import type { paths } from './schema'
import type * as t from './types'

type Ask = { after?: string; limit?: number }
type Nothing = Record<string, never>
type Body<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { requestBody?: { content: { 'application/json': infer B } } } ? B : never

const v1 = '/api/v1'
const of = (id: string) => ({ params: { path: { id } } })
const asked = <Q extends object>(query: Q) => ({ params: { query } })
const keyed = (key: string) => ({ 'Idempotency-Key': key })

/** What people do with each other: calls that the viewer's first screen does not make. */
export const social = {
  // comments
  comments: (post: string, query: Ask & { parent?: string; order?: t.CommentOrder }) => done<t.Page<t.Comment>>(client.GET(`${v1}/posts/{id}/comments`, { params: { path: { id: post }, query } })),
  say: (post: string, body: Body<`${typeof v1}/posts/{id}/comments`, 'post'>, key: string) => done<t.Comment>(client.POST(`${v1}/posts/{id}/comments`, { params: { path: { id: post }, header: keyed(key) }, body })),
  unsay: (comment: string) => done<Nothing>(client.DELETE(`${v1}/comments/{id}`, of(comment))),
  likeComment: (comment: string, on: boolean) => done<{ likes: number; liked: boolean }>(on ? client.PUT(`${v1}/comments/{id}/like`, of(comment)) : client.DELETE(`${v1}/comments/{id}/like`, of(comment))),
  pin: (comment: string, on: boolean) => done<t.Comment>(on ? client.PUT(`${v1}/comments/{id}/pin`, of(comment)) : client.DELETE(`${v1}/comments/{id}/pin`, of(comment))),
  letShow: (comment: string) => done<t.Comment>(client.POST(`${v1}/comments/{id}/let`, of(comment))),
  findPeople: (name: string) => done<{ items: t.Author[] }>(client.GET(`${v1}/people`, asked({ name }))),

  // collections and shares
  saveIn: (post: string, collections: string[]) => done<t.Reaction>(client.PUT(`${v1}/posts/{id}/save`, { ...of(post), body: { collections } })),
  collections: (post = '') => done<{ items: t.Collection[] }>(client.GET(`${v1}/collections`, asked(post ? { post } : {}))),
  newCollection: (body: { name: string; open: boolean }, key: string) => done<t.Collection>(client.POST(`${v1}/collections`, { params: { header: keyed(key) }, body })),
  editCollection: (id: string, body: { name: string; open: boolean }) => done<t.Collection>(client.PUT(`${v1}/collections/{id}`, { ...of(id), body })),
  dropCollection: (id: string) => done<Nothing>(client.DELETE(`${v1}/collections/{id}`, of(id))),
  collected: (id: string, query: Ask) => done<t.Page<t.Card>>(client.GET(`${v1}/collections/{id}/posts`, { params: { path: { id }, query } })),
  uncollect: (id: string, post: string) => done<Nothing>(client.DELETE(`${v1}/collections/{id}/posts/{post}`, { params: { path: { id, post } } })),
  share: (post: string) => done<t.Share>(client.POST(`${v1}/posts/{id}/share`, of(post))),
  openShare: (code: string) => done<t.Share>(client.GET(`${v1}/shares/{code}`, { params: { path: { code } } })),

  // people
  showcase: (user: string, query: Ask) => done<t.Page<t.Showcased>>(client.GET(`${v1}/creators/{id}/showcase`, { params: { path: { id: user }, query } })),
  editPersona: (body: { style: string; story: string; traits: string[] }) => done<t.Profile>(client.PUT(`${v1}/creators/me/persona`, { body })),
  bound: (user: string, how: t.How, on: boolean) =>
    done<Nothing>(
      how === 'block'
        ? on
          ? client.PUT(`${v1}/boundaries/blocks/{id}`, of(user))
          : client.DELETE(`${v1}/boundaries/blocks/{id}`, of(user))
        : on
          ? client.PUT(`${v1}/boundaries/mutes/{id}`, of(user))
          : client.DELETE(`${v1}/boundaries/mutes/{id}`, of(user)),
    ),
  bounds: (query: Ask & { how: t.How }) => done<t.Page<t.Bound>>(client.GET(`${v1}/boundaries/people`, asked(query))),
  mutedWords: () => done<{ words: string[] }>(client.GET(`${v1}/boundaries/words`)),
  muteWords: (words: string[]) => done<{ words: string[] }>(client.PUT(`${v1}/boundaries/words`, { body: { words } })),

  // moderation
  report: (body: Body<`${typeof v1}/reports`, 'post'>) => done<{ at: string }>(client.POST(`${v1}/reports`, { body })),
  standing: (query: Ask) => done<t.Standing>(client.GET(`${v1}/standing`, asked(query))),
  appeal: (decision: string, text: string) => done<t.Decision>(client.POST(`${v1}/standing/decisions/{id}/appeal`, { ...of(decision), body: { text } })),

  // news
  notices: (query: Ask & { category?: t.NoticeCategory }) => done<t.Page<t.Notice>>(client.GET(`${v1}/notices`, asked(query))),
  unread: () => done<t.Counts>(client.GET(`${v1}/notices/unread`)),
  markRead: (body: { category?: t.NoticeCategory; until: string }) => done<t.Counts>(client.POST(`${v1}/notices/read`, { body })),
  preferences: () => done<t.Preferences>(client.GET(`${v1}/preferences`)),
  setPreferences: (body: t.Preferences) => done<t.Preferences>(client.PUT(`${v1}/preferences`, { body })),
  pushKey: () => done<{ key: string }>(client.GET(`${v1}/push/key`)),
  subscribe: (body: Body<`${typeof v1}/push/subscription`, 'put'> & { locale: t.Locale }) => done<Nothing>(client.PUT(`${v1}/push/subscription`, { body })),
  unsubscribe: (endpoint: string) => done<Nothing>(client.DELETE(`${v1}/push/subscription`, { body: { endpoint } })),

  // account
  resetPassword: async (body: { login: string; code: string; new: string }) => {
    const { user } = await done<{ user: t.User }>(client.POST(`${v1}/account/password`, { body }))
    forgetToken()
    return user
  },

  /** What a screen saw. It is sent even while the page goes away. */
  seen: (events: t.SeenEvent[], visitor: string) => done<Nothing>(client.POST(`${v1}/seen`, { body: { events, visitor }, keepalive: true })),
}
