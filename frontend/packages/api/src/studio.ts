import { client, done } from './client'
import type { components, paths } from './schema'
import type { FoundProduct, Locale, Order, Page, Picture } from './types'
import type { Abilities } from './upload/tus'

type S = components['schemas']
type Nothing = Record<string, never>
const v1 = '/api/v1'
const of = (id: string) => ({ params: { path: { id } } })
const asked = <Q extends object>(query: Q) => ({ params: { query } })
type Body<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { requestBody: { content: { 'application/json': infer B } } } ? B : never

export type Kind = 'pictures' | 'video' | 'article' | 'replay'
export type Genre = 'intro' | 'guide' | 'promotion' | 'story' | 'rating' | 'lifestyle' | 'news'
export const genres: readonly Genre[] = ['intro', 'guide', 'promotion', 'story', 'rating', 'lifestyle', 'news']
export type Visibility = 'public' | 'followers' | 'private'
export type WorkState = 'pending' | 'approved' | 'limited' | 'rejected' | 'unpublished'
export type BlockKind = 'heading' | 'text' | 'quote' | 'list' | 'picture' | 'product'
export type MarkStyle = 'bold' | 'italic' | 'link'
export interface Mark { from: number; to: number; style: MarkStyle; url?: string }
export interface Block { kind: BlockKind; text?: string; marks?: Mark[]; picture?: number; product?: string }
export interface Chapter { at_ms: number; title: string; product?: string }
export interface WantedPicture { id: string; alt: string }
export interface WantedVideo { id: string; cover?: string; alt: string; captions?: { id: string; lang: Locale }[] }
export interface DraftTagged { product: string; picture: number; x: number; y: number }
export interface DraftContent {
  kind?: Kind; title: string; body: string; topics: string[]; mentions?: string[]; place?: string; genre?: Genre
  pictures: WantedPicture[]; video?: WantedVideo; blocks?: Block[]; chapters?: Chapter[]; room?: string; tags: DraftTagged[]
  order?: string; ad: boolean; paid_by?: string; ai?: boolean; lang: Locale; visibility?: Visibility
}
export type Author = S['CreatorAuthor']
export type Draft = Omit<S['CreatorDraft'], 'content'> & { content: DraftContent }
export type Work = S['CreatorWork']
export type Version = S['CreatorVersion']
export type CalendarEntry = S['CreatorCalendarEntry']
export type StudioPost = S['CreatorPost']
export type Staff = S['CreatorStaff']
export type StaffOf = S['CreatorStaffOf']
export type Showcased = S['CreatorShowcased']
export type TierView = S['CreatorTierView']
export type TalkComment = S['TalkComment']
export type Question = S['TalkQuestion']
export type CommentRules = S['TalkRules']
export type ResponseTimes = S['TalkResponse']
export type Insight = S['InsightReport']
export type ByReach = S['InsightByReach']
export type Audience = S['InsightAudience']
export type Headcount = S['InsightHeadcount']
export type PostRow = S['InsightPostRow']
export type Day = S['InsightDay']
export type Case = S['ModerationCase']
export type Ban = S['ModerationBan']
export type Decision = S['ModerationDecision']
export type Standing = S['ModerationStanding']
export type ListEntry = S['ModerationEntry']
export type Rule = S['ModerationRule']
export type AuditRecord = S['ModerationRecord']
export type Queue = 'review' | 'escalated' | 'appeals' | 'done'
export type Outcome = 'approved' | 'limited' | 'rejected'
export type Reason = Exclude<Body<`${typeof v1}/moderation/cases/{id}/decide`, 'post'>['reason'], undefined>
export type { Abilities, FoundProduct, Locale, Order, Page, Picture }

type Ask = { after?: string; limit?: number }
type As = { as?: string }
export type Span = As & { from: string; to: string }

/** Every call that only the studio makes. */
export const studioApi = {
  // drafts
  begin: (content: DraftContent, key: string, as?: string) => done<Draft>(client.POST(`${v1}/drafts`, { params: { query: { as }, header: { 'Idempotency-Key': key } }, body: content as never })),
  draft: (id: string) => done<Draft>(client.GET(`${v1}/drafts/{id}`, of(id))),
  saveDraft: (id: string, rev: number, content: DraftContent) => done<Draft>(client.PUT(`${v1}/drafts/{id}`, { ...of(id), body: { rev, content: content as never } })),
  dropDraft: (id: string) => done<Nothing>(client.DELETE(`${v1}/drafts/{id}`, of(id))),
  drafts: (query: Ask & As) => done<Page<Draft>>(client.GET(`${v1}/drafts`, asked(query))),
  publishDraft: (id: string, rev: number) => done<StudioPost>(client.POST(`${v1}/drafts/{id}/publish`, { ...of(id), body: { rev } })),
  schedule: (id: string, body: { rev: number; at: string; zone: string }) => done<Draft>(client.PUT(`${v1}/drafts/{id}/schedule`, { ...of(id), body })),
  unschedule: (id: string) => done<Draft>(client.DELETE(`${v1}/drafts/{id}/schedule`, of(id))),
  calendar: (query: As & { from: string; to: string }) => done<{ items: CalendarEntry[] }>(client.GET(`${v1}/calendar`, asked(query))),

  // posts
  post: (id: string) => done<StudioPost>(client.GET(`${v1}/posts/{id}`, of(id))),
  original: (id: string) => done<DraftContent>(client.GET(`${v1}/posts/{id}/original`, of(id)) as never),
  editPost: (id: string, content: DraftContent) => done<StudioPost>(client.PUT(`${v1}/posts/{id}`, { ...of(id), body: content as never })),
  works: (query: Ask & As & { state?: WorkState }) => done<Page<Work>>(client.GET(`${v1}/works`, asked(query))),
  unpublish: (id: string) => done<StudioPost>(client.POST(`${v1}/posts/{id}/unpublish`, of(id))),
  republish: (id: string) => done<StudioPost>(client.POST(`${v1}/posts/{id}/republish`, of(id))),
  remove: (id: string) => done<Nothing>(client.DELETE(`${v1}/posts/{id}`, of(id))),
  versions: (id: string) => done<{ items: Version[] }>(client.GET(`${v1}/posts/{id}/versions`, of(id))),

  // people
  findPeople: (name: string) => done<{ items: Author[] }>(client.GET(`${v1}/people`, asked({ name }))),
  staff: () => done<{ items: Staff[] }>(client.GET(`${v1}/staff`)),
  accounts: () => done<{ items: StaffOf[] }>(client.GET(`${v1}/accounts`)),
  hire: (id: string, role: 'editor' | 'analyst') => done<Staff>(client.PUT(`${v1}/staff/{id}`, { ...of(id), body: { role } })),
  dismiss: (id: string, account?: string) => done<Nothing>(client.DELETE(`${v1}/staff/{id}`, { params: { path: { id }, query: { account } } })),
  tier: () => done<TierView>(client.GET(`${v1}/creators/me/tier`)),
  showcase: (user: string, query: Ask) => done<Page<Showcased>>(client.GET(`${v1}/creators/{id}/showcase`, { params: { path: { id: user }, query } })),
  show: (product: string, note: string) => done<Showcased>(client.PUT(`${v1}/showcase/{product}`, { params: { path: { product } }, body: { note } })),
  hide: (product: string) => done<Nothing>(client.DELETE(`${v1}/showcase/{product}`, { params: { path: { product } } })),
  arrange: (products: string[]) => done<Nothing>(client.POST(`${v1}/showcase/order`, { body: { products } })),

  // talk
  held: (query: Ask) => done<Page<TalkComment>>(client.GET(`${v1}/comments/held`, asked(query))),
  letThrough: (id: string) => done<TalkComment>(client.POST(`${v1}/comments/{id}/let`, of(id))),
  unsay: (id: string) => done<Nothing>(client.DELETE(`${v1}/comments/{id}`, of(id))),
  rules: () => done<CommentRules>(client.GET(`${v1}/comment-rules`)),
  setRules: (body: CommentRules) => done<CommentRules>(client.PUT(`${v1}/comment-rules`, { body })),
  questions: (query: Ask & As) => done<Page<Question>>(client.GET(`${v1}/questions`, asked(query))),
  settle: (id: string) => done<Nothing>(client.POST(`${v1}/comments/{id}/settle`, of(id))),
  response: (query: As) => done<ResponseTimes>(client.GET(`${v1}/questions/response`, asked(query))),
  say: (post: string, body: { body: string; parent?: string }, key: string) => done<TalkComment>(client.POST(`${v1}/posts/{id}/comments`, { params: { path: { id: post }, header: { 'Idempotency-Key': key } }, body })),

  // insight
  insight: (query: Span & { post?: string }) => done<Insight>(client.GET(`${v1}/insight`, asked(query))),
  postTable: (query: Ask & Span & { by?: PostColumn }) => done<Page<PostRow>>(client.GET(`${v1}/insight/posts`, asked(query))),
  audience: (query: As) => done<Audience>(client.GET(`${v1}/insight/audience`, asked(query))),
  exportTable: (query: Span & { post?: string; table: Table }) => done<{ name: string; type: string; text: string }>(client.GET(`${v1}/insight/export`, asked(query))),

  // standing and moderation
  standing: (query: Ask) => done<Standing>(client.GET(`${v1}/standing`, asked(query))),
  queue: (query: Ask & { queue?: Queue }) => done<Page<Case>>(client.GET(`${v1}/moderation/cases`, asked(query))),
  case: (id: string) => done<Case>(client.GET(`${v1}/moderation/cases/{id}`, of(id))),
  decide: (id: string, body: { seen: string; outcome: Outcome; reason?: Reason; strike: boolean; note: string }) => done<Case>(client.POST(`${v1}/moderation/cases/{id}/decide`, { ...of(id), body })),
  undo: (id: string) => done<Case>(client.POST(`${v1}/moderation/cases/{id}/undo`, of(id))),
  escalate: (id: string, note: string) => done<Case>(client.POST(`${v1}/moderation/cases/{id}/escalate`, { ...of(id), body: { note } })),
  person: (id: string, query: Ask) => done<Standing>(client.GET(`${v1}/moderation/people/{id}`, { params: { path: { id }, query } })),
  bans: (query: Ask & { state?: BanState }) => done<Page<Ban>>(client.GET(`${v1}/moderation/bans`, asked(query))),
  proposeBan: (body: Body<`${typeof v1}/moderation/bans`, 'post'>) => done<Ban>(client.POST(`${v1}/moderation/bans`, { body })),
  confirmBan: (id: string) => done<Ban>(client.POST(`${v1}/moderation/bans/{id}/confirm`, of(id))),
  declineBan: (id: string) => done<Ban>(client.POST(`${v1}/moderation/bans/{id}/decline`, of(id))),
  liftBan: (id: string) => done<Ban>(client.POST(`${v1}/moderation/bans/{id}/lift`, of(id))),
  entries: (query: Ask & { list: ListKind }) => done<Page<ListEntry>>(client.GET(`${v1}/moderation/lists`, asked(query))),
  addEntry: (body: Body<`${typeof v1}/moderation/lists`, 'post'>) => done<ListEntry>(client.POST(`${v1}/moderation/lists`, { body })),
  dropEntry: (id: string) => done<Nothing>(client.DELETE(`${v1}/moderation/lists/{id}`, of(id))),
  ruleList: () => done<{ items: Rule[] }>(client.GET(`${v1}/moderation/rules`)),
  closeBreaker: (name: string) => done<Rule>(client.POST(`${v1}/moderation/rules/{name}/close`, { params: { path: { name } } })),
  audit: (query: Ask & { about?: string }) => done<Page<AuditRecord>>(client.GET(`${v1}/moderation/audit`, asked(query))),
}

export type BanState = 'proposed' | 'active' | 'declined' | 'lifted' | 'over'
export type ListKind = 'words' | 'links' | 'pictures'
export type Table = 'days' | 'sources' | 'reach' | 'retention' | 'watched' | 'posts' | 'products'
export type PostColumn = 'views' | 'impressions' | 'likes' | 'saves' | 'comments' | 'clicks' | 'orders' | 'amount'
export const reasons: readonly Reason[] = ['spam', 'fraud', 'counterfeit', 'hidden_ad', 'hate', 'harassment', 'violence', 'sexual', 'minors', 'privacy', 'copyright', 'false_claim', 'banned_content', 'other']
