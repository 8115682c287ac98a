import { expect, test } from 'vitest'
import { portion, told } from './audience'

const of = (n: number) => ({ n, hidden: false })
const hidden = { n: 0, hidden: true }

test('a number that is not hidden is told, nobody included', () => {
  expect(told(of(0))).toBe('number')
  expect(told(of(12), of(40))).toBe('number')
})

test('what is hidden is few, but of many it may be nearly all', () => {
  expect(told(hidden)).toBe('few')
  expect(told(hidden, hidden)).toBe('few')
  expect(told(hidden, of(40))).toBe('either')
})

test('a part is only told where both numbers are', () => {
  expect(portion(of(10), of(40))).toBe(2500)
  expect(portion(of(0), of(40))).toBe(0)
  expect(portion(hidden, of(40))).toBeNull()
  expect(portion(of(10), hidden)).toBeNull()
  expect(portion(of(0), of(0))).toBeNull()
})
