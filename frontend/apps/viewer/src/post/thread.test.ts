import type { Comment } from '@meadow/api'
import { expect, test } from 'vitest'
import { drop, insert, patch, repliesOf } from './thread'

const say = (id: string, more: Partial<Comment> = {}): Comment => ({
  id, post: 'p', author: { id: 'u', name: 'U' }, body: id, pictures: [], mentions: [], likes: 0, liked: false, replies: 0, by_author: false, first: false, pinned: false, bought: false, mine: false, state: 'shown', at: '2026-01-01T00:00:00Z', ...more,
})
const pages = (...all: Comment[][]) => ({ pages: all.map((items) => ({ items })), pageParams: all.map(() => '') })
const ids = (p: ReturnType<typeof pages>) => p.pages.map((x) => x.items.map((c) => c.id))
const list = ['comments', 'p', 'hot']

test('a new comment stands first, but below what is pinned', () => {
  expect(ids(insert(pages([say('pin', { pinned: true }), say('a')], [say('b')]), list, say('new')))).toEqual([['pin', 'new', 'a'], ['b']])
  expect(ids(insert(pages([]), list, say('new')))).toEqual([['new']])
})

test('a reply joins its thread, and the thread counts it', () => {
  const after = insert(pages([say('a', { replies: 3, latest: [say('r1')] })]), list, say('r2', { parent: 'a' }), 'a')
  expect(after.pages[0]!.items[0]).toMatchObject({ replies: 4, latest: [{ id: 'r1' }, { id: 'r2' }] })
})

test('a reply stands last in its own list, and in no other', () => {
  expect(ids(insert(pages([say('r1')], [say('r2')]), ['comments', 'p', 'replies', 'a'], say('r3'), 'a'))).toEqual([['r1'], ['r2', 'r3']])
  expect(ids(insert(pages([say('x')]), ['comments', 'p', 'replies', 'b'], say('r3'), 'a'))).toEqual([['x']])
})

test('what is refused leaves everything as it was', () => {
  const before = pages([say('a', { replies: 1, latest: [say('r1')] }), say('b')])
  expect(drop(insert(before, list, say('new')), 'new')).toEqual(before)
  expect(drop(insert(before, list, say('r2'), 'a'), 'r2')).toEqual(before)
})

test('a change reaches a reply inside its thread', () => {
  expect(patch(pages([say('a', { latest: [say('r1')] })]), 'r1', { liked: true }).pages[0]!.items[0]!.latest![0]!.liked).toBe(true)
})

test('replies are known once, in the order they were said, and what is being sent stands last', () => {
  const c = say('a', { latest: [say('r1', { at: '1' }), say('now', { at: '0', state: 'sending' })] })
  expect(repliesOf(c, [say('r1', { at: '1' }), say('r2', { at: '2' })]).map((r) => r.id)).toEqual(['r1', 'r2', 'now'])
})
