import type { Notice } from '@meadow/api'
import { expect, test } from 'vitest'
import { clockOf, minutesOf, placeOf, whoOf } from './words'

const by = (name: string) => ({ id: `usr_${name}`, name })
const notice = (more: Partial<Notice>): Notice => ({ id: 'n', category: 'comments', kind: 'commented', actors: [by('A')], count: 1, ad: false, read: false, at: '', ...more })

test.each([
  ['a comment leads to itself', notice({ post: 'pst_1', comment: 'cmt_1' }), '/p/pst_1?comment=cmt_1'],
  ['a like leads to the post', notice({ kind: 'post_liked', category: 'likes', post: 'pst_1' }), '/p/pst_1'],
  ['a follower leads to them', notice({ kind: 'followed', category: 'follows' }), '/u/usr_A'],
  ['a decision leads to the status', notice({ kind: 'judged', category: 'safety', post: 'pst_1' }), '/account/status'],
  ['an order leads to it', notice({ kind: 'order_paid', category: 'orders', order: 'ord_1' }), '/orders/ord_1'],
  ['a sale leads to what was earned', notice({ kind: 'sold', category: 'orders', post: 'pst_1' }), '/studio/earnings'],
  ['what names nothing leads home', notice({ kind: 'welcome', category: 'safety', actors: [] }), '/'],
])('%s', (_, n, path) => expect(placeOf(n)).toBe(path))

test('one, two and many people are said differently', () => {
  expect(whoOf({ actors: [], count: 1 }).key).toBe('some')
  expect(whoOf({ actors: [by('A')], count: 1 })).toMatchObject({ key: 'one', a: 'A' })
  expect(whoOf({ actors: [by('A'), by('B')], count: 2 })).toMatchObject({ key: 'two', a: 'A', b: 'B' })
  expect(whoOf({ actors: [by('A'), by('B'), by('C')], count: 12 })).toMatchObject({ key: 'many', n: 10 })
})

test('a minute of the day is a time, and back', () => {
  for (const m of [0, 59, 60, 1320, 1439]) expect(minutesOf(clockOf(m))).toBe(m)
  expect([minutesOf(''), minutesOf('24:00'), minutesOf('x')]).toEqual([null, null, null])
})
