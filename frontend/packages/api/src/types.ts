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
export interface Product { id: string; merchant: string; title: string; body: string; category: string; facts: Fact[]; pictures: Picture[]; options: Option[]; skus: SKU[]; state: ProductState; commission: number; sold: number; updated_at: string }
export interface NewSKU { values: string[]; price: Money; list?: Money; picture?: string }
export interface ProductDraft { title: string; body: string; category: Category; facts: Fact[]; pictures: PictureWanted[]; options: Option[]; skus: NewSKU[]; commission: number }
export interface Stock { sku: string; received: number; available: number; held: number; sold: number }

export interface Author { id: string; name: string; avatar?: Picture }
export interface Profile extends Author { bio: string; posts: number; followers: number; following: number; likes: number; followed: boolean }
export interface Tag { product: string; picture: number; x: number; y: number; title: string; cover?: Picture; price: Money; list?: Money; sold: number; available: number; on_sale: boolean; link: string }
export interface Post { id: string; kind: string; author: Author; title: string; body: string; topics: string[]; pictures: Picture[]; tags: Tag[]; ad: boolean; lang: string; likes: number; saves: number; comments: number; liked: boolean; saved: boolean; followed: boolean; published_at: string; edited_at?: string }
export interface Card { id: string; kind: string; title: string; cover: Picture; author: Author; likes: number; liked: boolean; ad: boolean; price?: Money; published_at: string }
export interface Comment { id: string; post: string; parent?: string; author: Author; body: string; mine: boolean; at: string }
export interface Reaction { likes: number; saves: number; liked: boolean; saved: boolean }
export interface Ticket { upload: string; url: string; token: string; max_bytes: number; until: string }
export interface NewTag { product: string; picture: number; x: number; y: number }
export interface PostDraft { title: string; body: string; topics: string[]; pictures: PictureWanted[]; tags: NewTag[]; ad: boolean; lang: Locale }

export interface Line { sku: string; product: string; merchant: string; title: string; values: string[]; picture?: Picture; n: number; price: Money; amount: Money; source?: { post: string; creator: string; product: string; at: string } }
export interface Quote { id: string; lines: Line[]; goods: Money; shipping: Money; total: Money; expires_at: string }
export interface Choice { sku: string; n: number; link?: string }
export type OrderState = 'unpaid' | 'paid' | 'cancelled' | 'expired' | 'refunding' | 'refunded'
export interface Order { id: string; buyer: string; lines: Line[]; goods: Money; shipping: Money; total: Money; state: OrderState; ship_to: string; placed_at: string; expires_at: string; paid_at?: string; closed_at?: string }
export type PaymentState = 'pending' | 'succeeded' | 'failed' | 'frozen' | 'returned'
export interface Payment { id: string; order: string; provider: string; amount: Money; state: PaymentState; url: string }
export interface Sale { order: string; line: Line; commission: Money; creator?: string; paid_at: string }
export interface LedgerLine { entry: string; kind: 'sale' | 'refund'; order: string; amount: Money; at: string }

export interface FoundProduct { id: string; title: string; cover?: Picture; price: Money; sold: number }
export interface Found { post?: Card; product?: FoundProduct }
export interface Letter { n: number; channel: string; to: string; subject?: string; text: string; at: string; locale?: string }

export interface Page<T> { items: T[]; next?: string }
