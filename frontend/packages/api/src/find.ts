import { client, done } from './client'
import type { paths } from './schema'
import type * as t from './types'

type Nothing = Record<string, never>
type Query<P extends keyof paths> = paths[P] extends { get: { parameters: { query?: infer Q } } } ? NonNullable<Q> : never

const v1 = '/api/v1'
const asked = <Q extends object>(query: Q) => ({ params: { query } })

export type SearchQuery = Query<`${typeof v1}/search`>

/** Search, and the feed of videos. */
export const find = {
  search: (query: SearchQuery, signal?: AbortSignal) => done<t.Results>(client.GET(`${v1}/search`, { ...asked(query), signal })),
  suggest: (q: string, lang: string, signal?: AbortSignal) => done<{ items: t.Suggestion[] }>(client.GET(`${v1}/search/suggest`, { ...asked({ q, lang }), signal })),
  searched: () => done<{ items: { text: string; at: string }[] }>(client.GET(`${v1}/search/history`)),
  forgetSearch: (q: string) => done<Nothing>(client.DELETE(`${v1}/search/history/one`, asked({ q }))),
  forgetSearches: () => done<Nothing>(client.DELETE(`${v1}/search/history`)),
  videos: (query: Query<`${typeof v1}/feed/foryou`>) => done<t.Page<t.Card>>(client.GET(`${v1}/feed/foryou`, asked(query))),
}
