import type { AfterSale, Bought, Parcel } from '@meadow/api/after'

/** One thing that happened to an order, wherever it happened. */
export interface Happening {
  at: string
  /** The key of what it is called, in "parcel." or "aftersale.". */
  key: string
  from: 'order' | 'parcel' | 'carrier' | 'request'
  place?: string
  text?: string
  /** The shop it is about, where there are several. */
  merchant?: string
  /** The number of the box that a carrier speaks of. */
  tracking?: string
  request?: string
}

const steps = new Set(['shipped', 'delivered', 'received', 'dropped', 'picked_up', 'filled', 'address_opened'])

/** What a parcel's log says; that it was paid is said by the order. */
function ofParcel(p: Parcel): Happening[] {
  const log = p.log
    .filter((s) => s.what !== 'paid' && s.what !== 'note' && !(s.what === 'delivered' && p.shipments.some((b) => b.events.some((e) => e.state === 'delivered' && p.shipments.length === 1))))
    .map((s) => ({ at: s.at, key: `parcel.did.${s.what === 'received' && s.by === 'system' ? 'autoReceived' : steps.has(s.what) ? s.what : 'other'}`, from: 'parcel' as const, merchant: p.merchant, ...(s.text && s.by !== 'shop' ? { text: s.text } : {}) }))
  const told = p.shipments.flatMap((b) => b.events.map((e) => ({ at: e.at, key: `parcel.event.${e.state}`, from: 'carrier' as const, place: e.place, text: e.text, merchant: p.merchant, tracking: b.tracking })))
  return [...log, ...told]
}

/** All that happened to an order, the latest first. */
export function timeline(o: Bought, parcels: Parcel[], requests: AfterSale[]): Happening[] {
  const own: Happening[] = [{ at: o.placed_at, key: 'parcel.did.placed', from: 'order' }]
  if (o.paid_at) own.push({ at: o.paid_at, key: 'parcel.did.paid', from: 'order' })
  if (o.closed_at && ['cancelled', 'expired', 'refunded'].includes(o.state)) own.push({ at: o.closed_at, key: `parcel.did.${o.state}`, from: 'order' })
  const asked = requests.flatMap((a) => a.log.map((s) => ({ at: s.at, key: `aftersale.step.${s.what}`, from: 'request' as const, merchant: a.merchant, request: a.id, text: s.by })))
  const all = [...own, ...parcels.flatMap(ofParcel), ...asked]
  // What came at the same instant stays in the order it was told.
  return all.map((h, i) => ({ h, i })).toSorted((a, b) => Date.parse(b.h.at) - Date.parse(a.h.at) || b.i - a.i).map(({ h }) => h)
}

/** How far a parcel is, from 0 (paid) to 3 (delivered); -1 where that has no meaning. */
export function progress(p: Parcel): number {
  if (p.state === 'cancelled') return -1
  if (p.state === 'delivered' || p.state === 'received') return 3
  if (p.shipments.some((b) => b.events.some((e) => e.state === 'in_transit' || e.state === 'out_for_delivery'))) return 2
  return p.shipments.length > 0 ? 1 : 0
}
