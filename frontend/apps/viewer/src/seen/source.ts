import type { SeenEvent, Source } from '@meadow/api'
import type { InjectionKey } from 'vue'

/** Where the cards of a list are met. */
export const sourceKey: InjectionKey<() => Source> = Symbol('source')

const all: readonly Source[] = ['discover', 'following', 'nearby', 'topic', 'related', 'search', 'profile', 'share', 'link', 'notice', 'product', 'video', 'other']

/**
 * Where a post was met: as the page it was opened from says; by a share, if its
 * address carries one; by its address, if it was opened from outside.
 */
export function sourceOf(state: { from?: unknown; back?: unknown } | null, query: { s?: unknown }): Source {
  const from = all.find((s) => s === state?.from)
  if (from) return from
  if (typeof query.s === 'string' && query.s) return 'share'
  return state?.back ? 'other' : 'link'
}

const as: Partial<Record<Source, SeenEvent['source']>> = { nearby: 'discover', topic: 'search', related: 'other' }

/** The word that reports have for a source; some lists are younger than the reports. */
export function reported(source: Source): SeenEvent['source'] {
  return as[source] ?? (source as SeenEvent['source'])
}
