import type { Notice, NoticeCategory } from '@meadow/api'

/** Categories in the order of the screens. */
export const categories: readonly NoticeCategory[] = ['comments', 'mentions', 'likes', 'follows', 'creators', 'orders', 'safety']

/** Where a notice leads: a path of the shop. */
export function placeOf(n: Notice): string {
  if (n.kind === 'sold') return '/studio/earnings'
  if (n.kind === 'unscheduled') return '/studio/'
  if (n.kind === 'followed' && n.actors?.[0]) return `/u/${n.actors[0].id}`
  if (n.category === 'safety' && n.kind !== 'welcome') return '/account/status'
  if (n.order) return `/orders/${n.order}`
  if (n.post) return n.comment ? `/p/${n.post}?comment=${n.comment}` : `/p/${n.post}`
  return '/'
}

/** Who did it, as a key of words and what fills it. */
export function whoOf(n: Pick<Notice, 'actors' | 'count'>): { key: 'some' | 'one' | 'two' | 'many'; a: string; b: string; n: number } {
  const [a, b] = n.actors ?? []
  const count = Math.max(n.count, n.actors?.length ?? 0)
  const names = { a: a?.name ?? '', b: b?.name ?? '' }
  if (!a) return { key: 'some', ...names, n: 0 }
  if (count <= 1 || !b) return { key: 'one', ...names, n: 0 }
  return count === 2 ? { key: 'two', ...names, n: 0 } : { key: 'many', ...names, n: count - 2 }
}

/** Minutes after midnight as a clock shows them, and back. */
export const clockOf = (minutes: number): string => `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
export function minutesOf(clock: string): number | null {
  const m = /^(\d{1,2}):(\d{2})/.exec(clock)
  const at = m ? Number(m[1]) * 60 + Number(m[2]) : -1
  return at >= 0 && at < 1440 ? at : null
}
