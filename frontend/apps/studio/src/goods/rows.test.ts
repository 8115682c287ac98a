import { expect, test } from 'vitest'
import { combinations, parseRate, rowsOf, skusOf, typedRows } from './rows'

const shade = { name: 'shade', values: ['rose', 'plum'] }
const size = { name: 'size', values: ['S', 'M'] }

test('options combine in their order, and none make one SKU', () => {
  expect(combinations([shade, size])).toEqual([['rose', 'S'], ['rose', 'M'], ['plum', 'S'], ['plum', 'M']])
  expect(combinations([])).toEqual([[]])
})

test('a price stays with its combination when a value is added', () => {
  const before = [{ values: ['rose'], price: '99', list: '' }, { values: ['plum'], price: '89', list: '120' }]
  const after = rowsOf([{ name: 'shade', values: ['plum', 'coral', 'rose'] }], before)
  expect(after.map((r) => r.price)).toEqual(['89', '99', '99'])
  expect(after[0]?.list).toBe('120')
})

test('typed prices become minor units, exactly', () => {
  expect(skusOf([{ values: [], price: '19.99', list: '25' }], 'CNY')).toEqual([
    { values: [], price: { amount: 1999, currency: 'CNY' }, list: { amount: 2500, currency: 'CNY' } },
  ])
})

test('a price that is none, or nothing, stops the product', () => {
  for (const price of ['', '0', 'free', '1.999', '-5']) expect(skusOf([{ values: [], price, list: '' }], 'CNY')).toBeNull()
  expect(skusOf([{ values: [], price: '5', list: 'x' }], 'CNY')).toBeNull()
})

test('what was saved reads as it was typed', () => {
  const skus = skusOf([{ values: ['rose'], price: '12.50', list: '' }], 'CNY')!
  expect(typedRows(skus)).toEqual([{ values: ['rose'], price: '12.50', list: '' }])
})

test('a commission is a percentage in basis points', () => {
  expect(['12.5', '0', '8%', '90'].map(parseRate)).toEqual([1250, 0, 800, 9000])
  expect(['', '100', 'x', '1.234'].map(parseRate)).toEqual([null, null, null, null])
})
