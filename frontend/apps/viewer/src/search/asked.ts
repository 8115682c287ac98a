import type { SearchQuery } from '@meadow/api/find'

/** What somebody searches for, and how: it is all in the address. */
export interface Asked {
  q: string
  kind: '' | 'post' | 'video' | 'product' | 'creator'
  sort: '' | 'newest' | 'price_up' | 'price_down' | 'sold'
  genre: string
  topic: string
  category: string
  price: string
  in: string
  label: '' | 'ad' | 'verified' | 'ai'
}

export const kinds = ['', 'post', 'video', 'product', 'creator'] as const
/** What narrows answers down, in the order in which it is shown. */
export const filters = ['genre', 'topic', 'category', 'price', 'in', 'label'] as const
export type Filter = (typeof filters)[number]
const sorts = { '': ['', 'newest'], post: ['', 'newest'], video: ['', 'newest'], product: ['', 'sold', 'price_up', 'price_down', 'newest'], creator: [''] } as const
const labels = ['ad', 'verified', 'ai'] as const
/** Which filters mean something for what. */
const fits: Record<Asked['kind'], readonly Filter[]> = {
  '': filters,
  post: ['genre', 'topic', 'in', 'label'],
  video: ['genre', 'topic', 'in', 'label'],
  product: ['category', 'price'],
  creator: [],
}

export const sortsOf = (kind: Asked['kind']): readonly Asked['sort'][] => sorts[kind]
export const filtersOf = (kind: Asked['kind']): readonly Filter[] => fits[kind]

const word = (v: unknown, most = 40) => (typeof v === 'string' ? v.slice(0, most) : '')
const one = <T extends string>(v: unknown, of: readonly T[]) => of.find((x) => x === v) ?? ('' as T)

/** Reads an address; what makes no sense there is left out. */
export function read(query: Record<string, unknown>): Asked {
  const kind = one(query.kind, kinds)
  const asked: Asked = {
    q: word(query.q, 200).trim(), kind, sort: one(query.sort, sortsOf(kind)), genre: word(query.genre), topic: word(query.topic), category: word(query.category),
    price: word(query.price), in: word(query.in, 20), label: one(query.label, ['', ...labels] as const),
  }
  for (const f of filters) if (!fits[kind].includes(f)) asked[f as 'genre'] = ''
  return asked
}

/** The address of a search. */
export function address(asked: Asked): { path: string; query: Record<string, string> } {
  const query: Record<string, string> = {}
  for (const [k, v] of Object.entries(asked)) if (v) query[k] = v
  return { path: '/search', query }
}

/** The same search, changed; of another kind it keeps only what fits there. */
export function changed(asked: Asked, change: Partial<Asked>): { path: string; query: Record<string, string> } {
  return address(read({ ...asked, ...change }))
}

/** How many filters are on. */
export const narrowed = (asked: Asked): number => filters.filter((f) => asked[f]).length

/** What the server is asked. */
export function asking(asked: Asked, lang: string, after: string): SearchQuery {
  const query: Record<string, unknown> = { ...address(asked).query, lang, limit: 20 }
  if (after) query.after = after
  return query as SearchQuery
}
