/** What travels. Amounts are integers of a currency's minor unit. */
export interface Money { amount: number; currency: string }
export interface Picture { id: string; alt: string; width: number; height: number; thumbhash: string; thumb: string; card: string; full: string }
export interface PictureWanted { id: string; alt: string }

export type Role = 'viewer' | 'creator' | 'merchant' | 'brand' | 'moderator' | 'operator'
export type Locale = 'zh-CN' | 'en'
export interface User { id: string; name: string; avatar?: string; locale: Locale; roles: Role[]; merchant?: string; email_masked?: string; phone_masked?: string; created_at: string }
export interface Session { id: string; device: string; created_at: string; seen_at: string; current: boolean }
export interface Place { name: string; phone: string; region: string; city: string; district: string; line: string; postcode: string }
export interface NewAddress extends Place { default: boolean }
export interface Address extends NewAddress { id: string }

export interface Merchant { id: string; owner: string; name: string; story: string; logo?: Picture; opened_at: string }
export interface Fact { name: string; value: string }
export interface Option { name: string; values: string[] }
export interface SKU { id: string; values: string[]; price: Money; list?: Money; picture?: string; available: number }
export type Category = 'beauty' | 'fashion' | 'food' | 'home' | 'tech' | 'outdoors'
export type ProductState = 'draft' | 'listed' | 'delisted'
export interface Product { id: string; merchant: string; title: string; body: string; category: string; facts: Fact[]; pictures: Picture[]; options: Option[]; skus: SKU[]; state: ProductState; commission: number; sold: number; rating: RatingSum; updated_at: string }
/** How many gave one star, two, …; the mean is in hundredths. */
export interface RatingSum { count: number; stars: number[]; mean: number }
export interface NewSKU { values: string[]; price: Money; list?: Money; picture?: string }
export interface ProductDraft { title: string; body: string; category: Category; facts: Fact[]; pictures: PictureWanted[]; options: Option[]; skus: NewSKU[]; commission: number }
export interface Stock { sku: string; received: number; available: number; held: number; sold: number }

export type TierName = 'kol' | 'koc'
export interface Author { id: string; name: string; avatar?: Picture; tier?: string }
export interface Trait { label: string; verified: boolean; proof?: string; at?: string }
export interface Persona { style: string; story: string; traits: Trait[] }
export interface Tier { name: string; followers: number; posts: number; verified: number; since: string }
export interface Profile { id: string; name: string; avatar?: Picture; bio: string; persona: Persona; tier?: Tier; merchant?: string; posts: number; followers: number; following: number; likes: number; showcase: number; followed: boolean; muted: boolean; blocked: boolean }
export interface Tag { product: string; picture: number; x: number; y: number; title: string; cover?: Picture; price: Money; list?: Money; sold: number; available: number; on_sale: boolean; bought: boolean; link: string }
export interface Mention { id: string; name: string }
export interface Mark { from: number; to: number; style: 'bold' | 'italic' | 'link'; url?: string }
export interface Block { kind: 'heading' | 'text' | 'quote' | 'list' | 'picture' | 'product'; text?: string; marks?: Mark[]; picture?: number; product?: string }
export interface Chapter { at_ms: number; title: string; product?: string }
export interface Caption { id: string; lang: string; url: string }
export interface Video { id: string; width: number; height: number; duration_ms: number; hls: string; preview: string; ai: boolean; captions: Caption[] }
export interface Post {
  id: string; kind: string; author: Author; title: string; body: string; topics: string[]; mentions: Mention[]; place?: string; genre?: string
  pictures: Picture[]; video?: Video; blocks?: Block[]; chapters?: Chapter[]; room?: string; tags: Tag[]
  ad: boolean; paid_by?: string; ai: boolean; verified: boolean; lang: string; visibility: string; state: string; reason?: string; trace: string
  likes: number; saves: number; shares: number; comments: number; mine: boolean; liked: boolean; saved: boolean; followed: boolean; published_at: string; edited_at?: string
}
export interface Labelled { ad: boolean; paid_by?: string; ai: boolean; verified: boolean }
export interface Card extends Labelled { id: string; kind: string; title: string; cover: Picture; duration_ms?: number; preview?: string; author: Author; likes: number; liked: boolean; price?: Money; published_at: string }
/** Why a card is there, in one line; source is what brought it. */
export interface Hint { source: string; post?: string; title?: string; topic?: string }
/** A post that the feed chose. */
export interface Shown extends Card { hint: Hint }
export interface Comment {
  id: string; post: string; parent?: string; to?: Author; author: Author; body: string; pictures: Picture[]; mentions: Mention[]; likes: number; liked: boolean
  replies: number; latest?: Comment[]; by_author: boolean; first: boolean; pinned: boolean; bought: boolean; mine: boolean; state: string; at: string
}
export type CommentOrder = 'hot' | 'new'
export interface Reaction { likes: number; saves: number; shares: number; liked: boolean; saved: boolean }
export interface Collection { id: string; name: string; open: boolean; owner: Author; posts: number; cover?: Picture; holds: boolean; made_at: string }
export interface Share { code: string; url: string; post: string; by: Author }
export interface Showcased { product: string; title: string; cover?: Picture; price: Money; sold: number; available: number; on_sale: boolean; note: string; link: string; ad: boolean }

export type NoticeCategory = 'comments' | 'mentions' | 'likes' | 'follows' | 'creators' | 'orders' | 'safety'
export interface Notice { id: string; category: string; kind: string; actors: Author[]; count: number; post?: string; comment?: string; order?: string; thumb?: string; text?: string; ad: boolean; read: boolean; at: string }
export interface Counts { unread: number; categories: Record<string, number> }
export interface Preferences { app: Record<string, boolean>; push: Record<string, boolean>; digest: boolean; quiet_from: number; quiet_to: number; zone: string; digest_at: number; daily: number }

export type How = 'block' | 'mute'
export interface Bound { user: string; name: string; how: string; at: string }
export interface Decision { id: string; subject: { kind: 'post' | 'comment' | 'profile'; id: string }; excerpt: string; verdict: { outcome: string; reason?: string; rule?: string }; strike: boolean; at: string; appealed?: string; appeal_until: string }
export interface Standing { strikes: number; restriction?: { reason: string; from: string; until?: string }; decisions: Page<Decision> }

/** Where a post was met. */
export type Source = 'discover' | 'following' | 'nearby' | 'topic' | 'related' | 'search' | 'profile' | 'share' | 'link' | 'notice' | 'product' | 'video' | 'shop' | 'other'
export type SeenKind = 'impression' | 'view' | 'dwell' | 'click'
export interface SeenEvent { id: string; kind: SeenKind; post: string; source: Source; product?: string; ms?: number; percent?: number }
export interface Ticket { upload: string; media: string; url: string; token: string; max_bytes: number; until: string }
export interface NewTag { product: string; picture: number; x: number; y: number }
export interface PostDraft { title: string; body: string; topics: string[]; pictures: PictureWanted[]; tags: NewTag[]; ad: boolean; lang: Locale }

export interface Line { sku: string; product: string; merchant: string; title: string; values: string[]; picture?: Picture; n: number; list: Money; price: Money; deal?: Deal; amount: Money; saved: Money; shipping: Money; tax: Money; due: Money; source?: { post: string; creator: string; product: string; trace: string; reward: boolean; via?: string; at: string } }
export interface Deal { kind?: 'flash_sale' | 'group_buy' | 'bargain'; id?: string; team?: string }
/** A rule that lowered a price. */
export interface Saving { rule: string; kind: string; scope: string; name: string; amount: Money; shares: number[] }
/** What one shop sends; days are from payment. */
export interface Part { parcel?: string; merchant: string; shop: string; lines: number[]; shipping: Money; earliest_days: number; latest_days: number; note?: string }
export interface Sum { goods: Money; savings: Saving[]; saved: Money; shipping: Money; tax: Money; total: Money; points?: number; earns?: number }
export interface Refusal { rule: string; kind: string; name: string; reason: string; short?: Money }
export interface Plan { months: number; each: Money; cost: Money; total: Money; apr: number }
export interface Quote extends Sum { id: string; lines: Line[]; parts: Part[]; refusals: Refusal[]; plans: Plan[]; expires_at: string }
/** Source is where what is bought was met. */
export interface Choice { sku: string; n: number; link?: string; source?: Source }
export type OrderState = 'unpaid' | 'paid' | 'cancelled' | 'expired' | 'refunding' | 'refunded'
export interface Order extends Sum { id: string; buyer: string; lines: Line[]; parts: Part[]; state: OrderState; ship_to: string; placed_at: string; expires_at: string; paid_at?: string; closed_at?: string }
export type PaymentState = 'pending' | 'succeeded' | 'failed' | 'frozen' | 'returned'
export interface Payment { id: string; order: string; provider: string; amount: Money; state: PaymentState; url: string }
export interface Sale { order: string; line: Line; commission: Money; creator?: string; paid_at: string }
export interface LedgerLine { entry: string; kind: 'sale' | 'refund'; order: string; amount: Money; at: string }

export interface FoundProduct { id: string; title: string; cover?: Picture; price: Money; sold: number }
/** Where characters begin and end that matched, in code points. */
export type Span = [number, number]
export interface Found { post?: Card; product?: FoundProduct; creator?: Author; marks: Span[] }
export interface Facet { name: string; values: { value: string; n: number }[] }
export interface Results { items: Found[]; next?: string; total: number; facets?: Facet[]; instead?: string[] }
export interface Suggestion { text: string; kind: string; id?: string; marks: Span[] }
export interface Trend { text: string; heat: number; new: boolean }
export interface Trends { searches: Trend[]; topics: Trend[]; at: string }
export interface Letter { n: number; channel: string; to: string; subject?: string; text: string; at: string; locale?: string }

export interface Page<T> { items: T[]; next?: string }
