import { expect, test } from 'vitest'
import { linesOf } from './poster'

const measure = (s: string) => [...s].length * 10

test('words stay whole, and lines fit', () => {
  expect(linesOf('a slow morning in the garden', 9, 120, measure)).toEqual(['a slow', 'morning in', 'the garden'])
})

test('Chinese breaks anywhere', () => {
  expect(linesOf('一套能带进山里的咖啡具', 9, 50, measure)).toEqual(['一套能带进', '山里的咖啡', '具'])
})

test('what does not fit ends with a sign that there is more', () => {
  const lines = linesOf('一套能带进山里的咖啡具', 2, 50, measure)
  expect(lines).toEqual(['一套能带进', '山里的咖…'])
  expect(lines.every((l) => measure(l) <= 50)).toBe(true)
})

test('nothing makes no line', () => {
  expect(linesOf('   ', 3, 100, measure)).toEqual([])
})
