import type { Parcel, ParcelLine } from '@meadow/api/shop'
import { expect, test } from 'vitest'
import { late, sendable, timeline, units } from './parcels'

const line = (index: number, n: number, sent = 0, dropped = 0) => ({ index, n, sent, dropped, product: 'p', sku: 's', title: 'Soap', values: [] }) as ParcelLine
const parcel = (more: Partial<Parcel>) => ({ state: 'waiting', lines: [line(0, 3, 1), line(1, 2, 0, 2)], log: [], shipments: [], ship_by: '2026-01-02T00:00:00Z', ...more }) as Parcel

test('one cannot send more than is left, nor nothing', () => {
  const { lines } = parcel({})
  expect(units(lines, new Map([[0, 2]]))).toEqual([{ line: 0, n: 2 }])
  for (const typed of [[[0, 3]], [[0, -1]], [[0, 1.5]], [[1, 1]], []] as [number, number][][]) expect(units(lines, new Map(typed))).toBeNull()
})

test('what is late is what should have been sent and was not', () => {
  const now = Date.parse('2026-01-03T00:00:00Z')
  expect(late(parcel({}), now)).toBe(true)
  expect(late(parcel({ state: 'shipped' }), now)).toBe(false)
  expect(sendable(parcel({ lines: [line(1, 2, 0, 2)] }))).toBe(false)
})

test('a timeline holds the log and the carriers, the latest first', () => {
  const p = parcel({
    log: [{ what: 'paid', by: 'buyer', at: '2026-01-01T00:00:00Z' }],
    shipments: [{ id: 's', carrier: 'c', tracking: 't1', units: [], state: 'in_transit', sent_at: '', events: [{ id: 'e', state: 'in_transit', place: '上海', at: '2026-01-01T05:00:00Z' }] }],
  })
  expect(timeline(p).map((h) => [h.what, h.text, h.tracking])).toEqual([['in_transit', '上海', 't1'], ['paid', '', '']])
})
