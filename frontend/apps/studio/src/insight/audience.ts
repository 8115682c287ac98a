import type { Headcount } from '@meadow/api/studio'

/** How far back an audience goes, and how many people a headcount is at least of. */
export const days = 30
export const fewest = 10

/**
 * What can be said of a headcount. One that is hidden is of few people; a part of
 * a whole may as well be nearly all of it, and which of the two is not told.
 */
export function told(h: Headcount, whole?: Headcount): 'number' | 'few' | 'either' {
  if (!h.hidden) return 'number'
  return whole && !whole.hidden && whole.n >= fewest ? 'either' : 'few'
}

/** A part of a whole in basis points, if both may be known. */
export function portion(h: Headcount, whole: Headcount): number | null {
  return h.hidden || whole.hidden || whole.n === 0 ? null : Math.round((Math.min(h.n, whole.n) * 10_000) / whole.n)
}
