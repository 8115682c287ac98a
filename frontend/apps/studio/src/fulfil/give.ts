import type { AfterSale, Parcel, ParcelLine } from '@meadow/api/shop'
import { left } from './parcels'

export type Way = 'cancel' | 'refund_only'

/** How many sent units of a line no request has, or has paid back. */
function free(l: ParcelLine, requests: readonly AfterSale[]): number {
  const taken = requests.filter((r) => r.kind !== 'cancel' && r.state !== 'withdrawn' && r.state !== 'closed' && !r.instead)
  return Math.max(0, l.sent - taken.reduce((n, r) => n + r.units.filter((u) => u.line === l.index).reduce((m, u) => m + u.n, 0), 0))
}

/** How many units of a line a shop can give back in a way. */
export const givable = (l: ParcelLine, way: Way, requests: readonly AfterSale[]): number => (way === 'cancel' ? left(l) : free(l, requests))

/** What a shop can do of its own accord about a parcel now. */
export function waysToGive(p: Parcel, requests: readonly AfterSale[], now = Date.now()): Way[] {
  if (p.for) return [] // what was sent instead was not paid for
  const out: Way[] = []
  if (['held', 'waiting', 'partly_shipped'].includes(p.state) && p.lines.some((l) => left(l) > 0)) out.push('cancel')
  const open = ['partly_shipped', 'shipped', 'delivered'].includes(p.state) || (p.state === 'received' && p.return_by !== undefined && Date.parse(p.return_by) > now)
  if (open && p.lines.some((l) => free(l, requests) > 0)) out.push('refund_only')
  return out
}
