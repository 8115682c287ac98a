import { expect, test } from 'vitest'
import { all, sourceOf, sourceOfProduct } from './source'

test('a post was met where it was opened from', () => {
  expect(sourceOf({ from: 'search', back: '/search' }, { s: 'code' })).toBe('search')
})

test.each([...all])('%s is kept as it is', (from) => {
  expect(sourceOf({ from, back: '/' }, {})).toBe(from)
})

test('what the server counts apart is told apart', () => {
  expect(all.toSorted()).toEqual(['discover', 'following', 'link', 'nearby', 'notice', 'other', 'product', 'profile', 'related', 'search', 'share', 'shop', 'topic', 'video'])
})

test('a shared address counts as a share, a bare one as a link', () => {
  expect(sourceOf(null, { s: 'code' })).toBe('share')
  expect(sourceOf({}, {})).toBe('link')
})

test('a page that says nothing, or nonsense, is elsewhere', () => {
  expect(sourceOf({ back: '/u/usr_1' }, {})).toBe('other')
  expect(sourceOf({ from: 'nowhere', back: '/' }, {})).toBe('other')
  expect(sourceOf({ from: 'toString', back: '/' }, {})).toBe('other')
})

test('a product was met where its page was opened from, else among products or by its address', () => {
  expect(sourceOfProduct({ from: 'shop', back: '/shop' })).toBe('shop')
  expect(sourceOfProduct({ back: '/product/prd_1' })).toBe('product')
  expect(sourceOfProduct({ back: null })).toBe('link')
  expect(sourceOfProduct(null)).toBe('link')
})
