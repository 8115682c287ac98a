import { expect, test } from 'vitest'
import { cutShare } from './bar'

const cny = (amount: number) => ({ amount, currency: 'CNY' })

test('the bar is full at the floor only', () => {
  expect(cutShare(cny(10_000), cny(10_000), cny(1))).toBe(0)
  expect(cutShare(cny(100_000_000), cny(2), cny(1))).toBe(9999)
  expect(cutShare(cny(10_000), cny(1), cny(1))).toBe(10_000)
})

test('half of the way is half of the bar', () => {
  expect(cutShare(cny(200), cny(150), cny(100))).toBe(5000)
})
