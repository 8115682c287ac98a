import type { AfterSale, Bought, Parcel } from '@meadow/api/after'
import { expect, test } from 'vitest'
import { against, daysBetween } from './dates'
import { progress, timeline } from './timeline'

const cny = (amount: number) => ({ amount, currency: 'CNY' })
const at = (h: number) => new Date(Date.UTC(2026, 10, 20, h)).toISOString()
const order = { id: 'ord_1', state: 'paid', placed_at: at(1), paid_at: at(2), total: cny(100) } as Bought
const parcel = (change: Partial<Parcel> = {}) =>
  ({
    id: 'pcl_1', order: 'ord_1', merchant: 'mer_1', state: 'shipped', lines: [], paid_at: at(2), log: [{ what: 'paid', by: 'system', at: at(2) }, { what: 'shipped', by: 'shop', text: 'SB1', at: at(3) }],
    shipments: [{ id: 'shp_1', carrier: 'sandbox', tracking: 'SB1', units: [], state: 'in_transit', sent_at: at(3), events: [{ id: 'e1', state: 'in_transit', place: 'Hangzhou', at: at(4) }] }],
    ...change,
  }) as Parcel

test('all that happened is told once, the latest first', () => {
  const asked = { id: 'afs_1', merchant: 'mer_1', log: [{ what: 'asked', by: 'buyer', at: at(6) }] } as AfterSale
  expect(timeline(order, [parcel()], [asked]).map((h) => h.key)).toEqual(['aftersale.step.asked', 'parcel.event.in_transit', 'parcel.did.shipped', 'parcel.did.paid', 'parcel.did.placed'])
})

test('an arrival is told by its carrier, not twice', () => {
  const p = parcel()
  p.shipments[0]!.events.push({ id: 'e2', state: 'delivered', at: at(8) })
  p.log.push({ what: 'delivered', by: 'carrier', at: at(8) })
  expect(timeline(order, [p], []).filter((h) => h.key.endsWith('delivered'))).toHaveLength(1)
})

test('notes of the shop are not shown to a buyer', () => {
  const p = parcel({ log: [{ what: 'note', by: 'shop', text: 'fragile', at: at(3) }] })
  expect(timeline(order, [p], []).some((h) => h.text === 'fragile')).toBe(false)
})

test('what closed an order is told, and what is being refunded is not closed', () => {
  expect(timeline({ ...order, state: 'expired', paid_at: undefined, closed_at: at(3) }, [], [])[0]!.key).toBe('parcel.did.expired')
  expect(timeline({ ...order, state: 'refunding', closed_at: at(3) }, [], [])[0]!.key).toBe('parcel.did.paid')
})

test.each([
  ['nothing was sent', parcel({ state: 'waiting', shipments: [] }), 0],
  ['it moves', parcel(), 2],
  ['it arrived', parcel({ state: 'delivered' }), 3],
  ['nothing is sent any more', parcel({ state: 'cancelled' }), -1],
] as [string, Parcel, number][])('how far a parcel is: %s', (_, p, want) => {
  expect(progress(p)).toBe(want)
})

test('an arrival is held against its promise by the day', () => {
  const d = (day: number, h = 12) => new Date(2026, 10, day, h).toISOString()
  expect(daysBetween(d(20, 23), d(21, 1))).toBe(1)
  expect(against(d(22), d(24), d(24, 23))).toEqual({ how: 'onTime', n: 0 })
  expect(against(d(22), d(24), d(26))).toEqual({ how: 'lateBy', n: 2 })
  expect(against(d(22), d(24), d(21))).toEqual({ how: 'early', n: 1 })
})
