import { client, done } from './client'
import type { components } from './schema'
import type * as t from './types'

type S = components['schemas']
type Ask = { after?: string; limit?: number }
type Nothing = Record<string, never>

const v1 = '/api/v1'
const of = (id: string) => ({ params: { path: { id } } })
const asked = <Q extends object>(query: Q) => ({ params: { query } })
const named = (topic: string) => ({ params: { path: { topic } } })

export type Why = S['FeedWhy']
export type Term = S['FeedTerm']
export type Adjustment = S['FeedAdjustment']
export type Topic = S['FeedTopic']
export type Taste = S['FeedPreferences']
export type TasteProfile = S['FeedProfile']
export type Deed = S['FeedDeed']
export type Offer = S['FeedOffer']
export type Trend = S['FeedTrend']
export type Trends = S['FeedTrends']
export type HideReason = NonNullable<S['FeedHide']['reason']>
export type TopicOrder = 'hot' | 'new'

/** What people see and decide about their feed besides its first page. */
export const feed = {
  // lists
  related: (post: string, query: Ask & { lang?: string }) => done<t.Page<t.Shown>>(client.GET(`${v1}/posts/{id}/related`, { params: { path: { id: post }, query } })),
  topic: (topic: string) => done<Topic>(client.GET(`${v1}/topics/{topic}`, named(topic))),
  topicPosts: (topic: string, query: Ask & { order?: TopicOrder }) => done<t.Page<t.Shown>>(client.GET(`${v1}/topics/{topic}/posts`, { params: { path: { topic }, query } })),
  why: (post: string, lang: string) => done<Why>(client.GET(`${v1}/posts/{id}/why`, { params: { path: { id: post }, query: { lang } } })),
  trends: (query: { lang?: string; place?: string }) => done<Trends>(client.GET(`${v1}/trends`, asked(query))),

  // what people decide
  hide: (post: string, reason: HideReason) => done<Nothing>(client.PUT(`${v1}/feed/hidden/{id}`, { ...of(post), body: { reason } })),
  unhide: (post: string) => done<Nothing>(client.DELETE(`${v1}/feed/hidden/{id}`, of(post))),
  taste: () => done<Taste>(client.GET(`${v1}/feed/preferences`)),
  setTaste: (body: Taste) => done<Taste>(client.PUT(`${v1}/feed/preferences`, { body })),
  choose: (topic: string, on: boolean) => done<Nothing>(on ? client.PUT(`${v1}/feed/topics/{topic}`, named(topic)) : client.DELETE(`${v1}/feed/topics/{topic}`, named(topic))),
  mute: (topic: string, on: boolean) => done<Nothing>(on ? client.PUT(`${v1}/feed/muted/{topic}`, named(topic)) : client.DELETE(`${v1}/feed/muted/{topic}`, named(topic))),
  profile: () => done<TasteProfile>(client.GET(`${v1}/feed/profile`)),
  history: (query: Ask) => done<t.Page<Deed>>(client.GET(`${v1}/feed/history`, asked(query))),
  exportHistory: () => done<S['FeedFile']>(client.GET(`${v1}/feed/history/export`)),
  eraseHistory: () => done<Nothing>(client.DELETE(`${v1}/feed/history`)),
  reset: () => done<Taste>(client.POST(`${v1}/feed/reset`)),

  // products
  similar: (product: string, limit: number) => done<S['FeedProducts']>(client.GET(`${v1}/products/{id}/similar`, { params: { path: { id: product }, query: { limit } } })),
  complements: (product: string, limit: number) => done<S['FeedProducts']>(client.GET(`${v1}/products/{id}/complements`, { params: { path: { id: product }, query: { limit } } })),
  productPosts: (product: string, query: Ask) => done<t.Page<t.Card>>(client.GET(`${v1}/products/{id}/posts`, { params: { path: { id: product }, query } })),
  shop: (query: Ask & { category?: string }) => done<t.Page<Offer>>(client.GET(`${v1}/feed/shop`, asked(query))),
}
