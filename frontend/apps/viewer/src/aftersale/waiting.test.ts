import type { AfterSale } from '@meadow/api/after'
import { expect, test } from 'vitest'
import { leftOf, moves, standing, waitsForBuyer } from './waiting'

const cny = (amount: number) => ({ amount, currency: 'CNY' })
const request = (state: string, more: Partial<AfterSale> = {}) => ({ id: 'afs_1', state, wanted: cny(1000), log: [], units: [], ...more }) as unknown as AfterSale

test('an offer of less waits for the buyer, who may take it or dispute it', () => {
  const a = request('agreed', { agreed: cny(600) })
  expect(standing(a)).toBe('offered')
  expect(waitsForBuyer(a)).toBe(true)
  expect(moves(a)).toEqual({ withdraw: true, accept: true, dispute: true, sendBack: false })
})

test('what was agreed in full asks nothing of the buyer', () => {
  const a = request('agreed', { agreed: cny(1000) })
  expect(standing(a)).toBe('agreed')
  expect(moves(a)).toEqual({ withdraw: false, accept: false, dispute: false, sendBack: false })
})

test.each(['done', 'closed', 'withdrawn', 'refunding', 'inspecting', 'disputed', 'replacing'])('nothing can be done about one that is %s', (state) => {
  expect(Object.values(moves(request(state))).some(Boolean)).toBe(false)
})

test('two days and three hours are said as such', () => {
  expect(leftOf(51 * 3_600_000 + 5)).toEqual({ days: 2, hours: 3, clock: false })
  expect(leftOf(3_600_000).clock).toBe(true)
})
