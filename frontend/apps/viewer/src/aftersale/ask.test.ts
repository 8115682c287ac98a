import type { Bought, Parcel } from '@meadow/api/after'
import { expect, test } from 'vitest'
import { kindsFor, needsPhoto, reasonsFor, unitsLeft } from './ask'

const parcel = (state: string, more: Partial<Parcel> = {}) => ({ id: 'pcl_1', state, lines: [], ...more }) as Parcel
const order = { lines: [{ n: 3, returned: 1 }] } as Bought

test('what was not sent can be cancelled, and nothing else', () => {
  expect(kindsFor(parcel('waiting'))).toEqual(['cancel'])
})

test('after the return window nothing can be asked for', () => {
  const by = new Date(2026, 1, 1)
  expect(kindsFor(parcel('received', { return_by: by.toISOString() }), by.getTime() + 1)).toEqual([])
  expect(kindsFor(parcel('received', { return_by: by.toISOString() }), by.getTime() - 1)).toContain('return')
})

test('who keeps the goods says what is wrong with them', () => {
  expect(reasonsFor('refund_only', true)).not.toContain('changed_mind')
  expect(reasonsFor('return', true)).toContain('changed_mind')
})

test('a photo shows what can be shown', () => {
  expect(needsPhoto('return', 'faulty')).toBe(true)
  expect(needsPhoto('return', 'missing')).toBe(false)
  expect(needsPhoto('cancel', 'faulty')).toBe(false)
  expect(needsPhoto('return', '')).toBe(false)
})

test('units that went back, or were not sent, are not asked about', () => {
  expect(unitsLeft(order, parcel('received'), 0, 'return')).toBe(2)
  const partly = parcel('partly_shipped', { lines: [{ index: 0, n: 3, sent: 1, dropped: 1 } as Parcel['lines'][number]] })
  expect(unitsLeft(order, partly, 0, 'return')).toBe(1)
  expect(unitsLeft(order, partly, 0, 'cancel')).toBe(1)
})
