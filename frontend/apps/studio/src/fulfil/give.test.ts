import type { AfterSale, Parcel } from '@meadow/api/shop'
import { expect, test } from 'vitest'
import { givable, waysToGive } from './give'

const parcel = (state: string, n: number, sent: number, dropped = 0, more: object = {}) => ({ state, lines: [{ index: 0, n, sent, dropped }], ...more }) as unknown as Parcel
const request = (kind: string, state: string, n: number, more: object = {}) => ({ kind, state, units: [{ line: 0, n }], ...more }) as unknown as AfterSale

test('what is not sent can be cancelled, what is sent paid back', () => {
  expect(waysToGive(parcel('waiting', 3, 0), [])).toEqual(['cancel'])
  expect(waysToGive(parcel('partly_shipped', 3, 1), [])).toEqual(['cancel', 'refund_only'])
  expect(waysToGive(parcel('shipped', 3, 3), [])).toEqual(['refund_only'])
  expect(waysToGive(parcel('cancelled', 3, 0, 3), [])).toEqual([])
})

test('nothing is given back after the window, nor of what was sent instead', () => {
  const now = Date.parse('2026-03-10T00:00:00Z')
  expect(waysToGive(parcel('received', 1, 1, 0, { return_by: '2026-03-11T00:00:00Z' }), [], now)).toEqual(['refund_only'])
  expect(waysToGive(parcel('received', 1, 1, 0, { return_by: '2026-03-09T00:00:00Z' }), [], now)).toEqual([])
  expect(waysToGive(parcel('shipped', 1, 1, 0, { for: 'afs_1' }), [])).toEqual([])
})

test('units of a request are not given twice', () => {
  const p = parcel('shipped', 3, 3)
  expect(givable(p.lines[0]!, 'refund_only', [request('return', 'asked', 1), request('refund_only', 'done', 1)])).toBe(1)
  expect(givable(p.lines[0]!, 'refund_only', [request('return', 'withdrawn', 3), request('cancel', 'done', 1), request('exchange', 'done', 1, { instead: 'pcl_2' })])).toBe(3)
})
