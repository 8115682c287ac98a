import { expect, test } from 'vitest'
import { hintOf } from './hint'

test.each([
  [{ source: 'following' }, 'following'],
  [{ source: 'author' }, 'author'],
  [{ source: 'pool' }, 'new'],
  [{ source: 'fresh' }, 'new'],
  [{ source: 'topic', topic: 'tea' }, 'topic'],
  [{ source: 'covisit', post: 'p', title: 'A stove' }, 'because'],
  [{ source: 'neighbour', post: 'p', title: 'A stove' }, 'because'],
])('%o is said as %s', (hint, key) => expect(hintOf(hint)).toBe(key))

test.each([undefined, { source: 'popular' }, { source: 'factors' }, { source: 'covisit', post: 'p' }, { source: 'topic' }, { source: 'something new' }])('%o says nothing', (hint) => expect(hintOf(hint)).toBe(''))
