import type { Source } from '@meadow/api'
import type { InjectionKey } from 'vue'

/** Where the cards of a list are met. */
export const sourceKey: InjectionKey<() => Source> = Symbol('source')

/** Every source there is: one that is missing here does not compile. */
const every: Readonly<Record<Source, true>> = {
  discover: true, following: true, nearby: true, topic: true, related: true, search: true, profile: true,
  share: true, link: true, notice: true, product: true, video: true, shop: true, other: true,
}
export const all = Object.keys(every) as readonly Source[]

/** What a page's history keeps: who opened it, and whether there is anything before it. */
type Kept = { from?: unknown; back?: unknown } | null

/**
 * Where a post was met: as the page it was opened from says; by a share, if its
 * address carries one; by its address, if it was opened from outside.
 */
export function sourceOf(state: Kept, query: { s?: unknown }): Source {
  const from = all.find((s) => s === state?.from)
  if (from) return from
  if (typeof query.s === 'string' && query.s) return 'share'
  return state?.back ? 'other' : 'link'
}

/** Where a product was met whose page is open. Within the app that is other products' pages, unless a page says more. */
export function sourceOfProduct(state: Kept): Source {
  const source = sourceOf(state, {})
  return source === 'other' ? 'product' : source
}
