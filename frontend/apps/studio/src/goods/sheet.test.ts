import { expect, test } from 'vitest'
import { changed, priced } from './sheet'

const cny = (amount: number) => ({ amount, currency: 'CNY' })
const sheet = { title: 'Soap', category: 'beauty' as const, skus: [{ values: [], price: cny(1999), prices: [{ region: '香港', price: cny(2500) }] }] }

test('a percentage is rounded to the nearest minor unit, in integers', () => {
  expect(changed(1999, { by: -1000, strike: false })).toBe(1799)
  expect(changed(5, { by: 1000, strike: false })).toBe(6)
  expect(changed(1, { by: -9000, strike: false })).toBe(1)
})

test('a lowered price may stand struck through, a raised one never does', () => {
  const down = priced(sheet, { by: -5000, strike: true }).skus[0]!
  expect(down).toEqual({ values: [], price: cny(1000), list: cny(1999), prices: [{ region: '香港', price: cny(1250), list: cny(2500) }] })
  expect(priced(sheet, { by: 5000, strike: true }).skus[0]!.list).toBeUndefined()
})

test('an amount is set for the usual price only', () => {
  const s = priced(sheet, { to: 900, strike: false }).skus[0]!
  expect(s.price).toEqual(cny(900))
  expect(s.prices).toEqual(sheet.skus[0]!.prices)
})
