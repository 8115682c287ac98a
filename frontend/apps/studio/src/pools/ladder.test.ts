import { expect, test } from 'vitest'
import { answered, fills, scale } from './ladder'

test('steps that are behind are full, those ahead are empty, and the one between shows how far', () => {
  expect(fills({ step: 2, impressions: 600, from: 200, to: 1000 })).toEqual([100, 50, 0, 0, 0])
})

test('the last step has no end to fill up to', () => {
  expect(fills({ step: 5, impressions: 90_000, from: 20_000, to: 0 })).toEqual([100, 100, 100, 100, 100])
})

test('a count that is late fills no step more than whole, or less than not at all', () => {
  expect(fills({ step: 1, impressions: 240, from: 0, to: 200 })[0]).toBe(100)
  expect(fills({ step: 2, impressions: 190, from: 200, to: 1000 })[1]).toBe(0)
})

test('nobody answers what nobody saw', () => {
  expect(answered({ impressions: 0, engaged: 0 })).toBe(0)
  expect(answered({ impressions: 4, engaged: 1 })).toBe(0.25)
})

test('a share above the cap lies beyond it, and on the line', () => {
  const { share, cap } = scale({ share: 0.9, cap: 0.3 })
  expect(share).toBeGreaterThan(cap)
  expect(share).toBeLessThanOrEqual(100)
})
