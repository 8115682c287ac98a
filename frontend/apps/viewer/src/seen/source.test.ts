import { expect, test } from 'vitest'
import { sourceOf } from './source'

test('a post was met where it was opened from', () => {
  expect(sourceOf({ from: 'search', back: '/search' }, { s: 'code' })).toBe('search')
})

test('a shared address counts as a share, a bare one as a link', () => {
  expect(sourceOf(null, { s: 'code' })).toBe('share')
  expect(sourceOf({}, {})).toBe('link')
})

test('a page that says nothing, or nonsense, is elsewhere', () => {
  expect(sourceOf({ back: '/u/usr_1' }, {})).toBe('other')
  expect(sourceOf({ from: 'nowhere', back: '/' }, {})).toBe('other')
})
