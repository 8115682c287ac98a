import { expect, test } from 'vitest'
import { parts } from './clock'

test('a span is told in hours, minutes and seconds', () => {
  expect(parts(3_723_000)).toEqual([1, 2, 3])
  expect(parts(0)).toEqual([0, 0, 0])
  expect(parts(-5)).toEqual([0, 0, 0])
})

test('a second that has begun still counts, and days come first where there are any', () => {
  expect(parts(59_001)).toEqual([0, 1, 0])
  expect(parts(90_061_000)).toEqual([1, 1, 1, 1])
})
