import type { SKU } from '@meadow/api'
import { expect, test } from 'vitest'
import { begin, candidates, chosen, limitOf, priceRange, stateOf } from './matrix'

const options = [
  { name: 'shade', values: ['rose', 'plum'] },
  { name: 'size', values: ['S', 'M', 'L'] },
]

function sku(values: string[], amount: number, available: number): SKU {
  return { id: values.join('-'), values, price: { amount, currency: 'CNY' }, available }
}

// There is no plum L, and rose M is sold out.
const skus = [sku(['rose', 'S'], 9900, 5), sku(['rose', 'M'], 10900, 0), sku(['rose', 'L'], 12900, 200), sku(['plum', 'S'], 8900, 1), sku(['plum', 'M'], 9900, 3)]

test('an option with one value is chosen already', () => {
  expect(begin([{ name: 'colour', values: ['black'] }, ...options])).toEqual(['black', null, null])
})

test('a product without options is one SKU', () => {
  const only = [sku([], 500, 2)]
  expect(chosen(only, begin([]))).toBe(only[0])
})

test('a combination that is not offered is impossible before it is tapped', () => {
  expect(stateOf(skus, ['plum', null], 1, 'L')).toBe('impossible')
  expect(stateOf(skus, [null, 'L'], 0, 'plum')).toBe('impossible')
})

test('a combination that is offered but gone is sold out', () => {
  expect(stateOf(skus, ['rose', null], 1, 'M')).toBe('sold-out')
})

test('a value is judged by the other choices, not by its own option', () => {
  expect(stateOf(skus, ['rose', 'S'], 1, 'L')).toBe('ok')
  expect(stateOf(skus, [null, null], 1, 'M')).toBe('ok')
})

test('choosing everything leaves one SKU and its exact price', () => {
  expect(chosen(skus, ['plum', null])).toBeUndefined()
  expect(chosen(skus, ['plum', 'S'])?.price.amount).toBe(8900)
  const range = priceRange(candidates(skus, ['rose', null]))
  expect([range?.low.amount, range?.high.amount]).toEqual([9900, 12900])
})

test('nobody chooses more than there is, nor more than an order takes', () => {
  expect(limitOf(skus[0])).toBe(5)
  expect(limitOf(skus[1])).toBe(0)
  expect(limitOf(skus[2])).toBe(99)
})
