import { expect, test } from 'vitest'
import { address, asking, changed, narrowed, read } from './asked'

test('an address is read as it was written', () => {
  const asked = read({ q: ' coffee ', kind: 'product', sort: 'price_up', category: 'food', price: '0-5000' })
  expect(address(asked).query).toEqual({ q: 'coffee', kind: 'product', sort: 'price_up', category: 'food', price: '0-5000' })
  expect(read(address(asked).query)).toEqual(asked)
  expect(narrowed(asked)).toBe(2)
})

test('what makes no sense in an address is left out', () => {
  expect(address(read({ q: 'a', kind: 'nonsense', sort: 'price_up', label: 'x', genre: ['a', 'b'] })).query).toEqual({ q: 'a' })
  expect(read({}).q).toBe('')
})

test('another kind keeps the words, and the filters that fit it', () => {
  const asked = read({ q: 'tent', kind: 'post', genre: 'guide', topic: 'camping', sort: 'newest' })
  expect(changed(asked, { kind: 'video' }).query).toEqual({ q: 'tent', kind: 'video', genre: 'guide', topic: 'camping', sort: 'newest' })
  expect(changed(asked, { kind: 'product' }).query).toEqual({ q: 'tent', kind: 'product', sort: 'newest' })
  expect(changed(asked, { kind: 'creator' }).query).toEqual({ q: 'tent', kind: 'creator' })
})

test('the server is asked for a page in the language of the screen', () => {
  expect(asking(read({ q: 'a', in: 'en' }), 'zh-CN', '')).toEqual({ q: 'a', in: 'en', lang: 'zh-CN', limit: 20 })
  expect(asking(read({ q: 'a' }), 'en', 'c2').after).toBe('c2')
})
