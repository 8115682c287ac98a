import { expect, test } from 'vitest'
import { read } from './asked'
import { band, groupsOf, kindCounts } from './facets'

const facets = [
  { name: 'kind', values: [{ value: 'post', n: 7 }, { value: 'product', n: 2 }] },
  { name: 'price', values: [{ value: '10000-20000', n: 3 }, { value: '0-5000', n: 1 }] },
  { name: 'category', values: [{ value: 'food', n: 4 }] },
  { name: 'genre', values: [{ value: 'guide', n: 2 }, { value: 'story', n: 1 }, { value: 'news', n: 0 }] },
]

test('what can be chosen fits what is looked for', () => {
  expect(groupsOf(facets, read({ q: 'a', kind: 'product' }), 4).map((g) => [g.filter, g.choices.map((c) => c.value)])).toEqual([['price', ['0-5000', '10000-20000']]])
  expect(groupsOf(facets, read({ q: 'a', kind: 'post' })).map((g) => [g.filter, g.choices.map((c) => c.value)])).toEqual([['genre', ['guide', 'story']]])
  expect(groupsOf(facets, read({ q: 'a', kind: 'creator' }))).toEqual([])
  expect(groupsOf(facets, read({ q: 'a', kind: 'product' }), 9).map((g) => g.filter)).toEqual(['category', 'price'])
})

test('what is chosen can always be unchosen', () => {
  expect(groupsOf([], read({ q: 'a', kind: 'post', topic: 'camping' }))).toEqual([{ filter: 'topic', choices: [{ value: 'camping' }] }])
})

test('kinds are counted, and prices said for people', () => {
  expect(kindCounts(facets).get('product')).toBe(2)
  expect([band('5000-10000', 'zh-CN'), band('100000-', 'en'), band('x', 'en')]).toEqual(['¥50–¥100', '¥1,000+', 'x'])
})
