import { expect, test } from 'vitest'
import { Intention } from './intention'

function counting(): Intention {
  let n = 0
  return new Intention(() => `key-${++n}`)
}

test('a retry carries the key of the first attempt', () => {
  const i = counting()
  expect(i.keyFor({ quote: 'q1', address: 'a1' })).toBe('key-1')
  expect(i.keyFor({ quote: 'q1', address: 'a1' })).toBe('key-1')
})

test('asking for something else is a new intention', () => {
  const i = counting()
  i.keyFor({ quote: 'q1', address: 'a1' })
  expect(i.keyFor({ quote: 'q1', address: 'a2' })).toBe('key-2')
})

test('doing the same again after it happened is a new intention', () => {
  const i = counting()
  i.keyFor({ body: 'hello' })
  i.done()
  expect(i.keyFor({ body: 'hello' })).toBe('key-2')
})

test('keys are unique by themselves', () => {
  const keys = new Set(Array.from({ length: 100 }, () => new Intention().keyFor({})))
  expect(keys.size).toBe(100)
})
