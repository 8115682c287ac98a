import { expect, test } from 'vitest'
import { about, bytes } from './words'

test('bytes are said in the unit that fits', () => {
  expect(bytes(512 * 1024, 'en')).toBe('512 kB')
  expect(bytes(20 * 1024 * 1024, 'en')).toBe('20 MB')
  expect(bytes(3.4 * 1024 * 1024, 'en')).toBe('3.4 MB')
  expect(bytes(1024 * 1024 * 1024, 'en')).toBe('1 GB')
})

test('a length of time is rounded up', () => {
  expect(about(40, 'en')).toBe('40 sec')
  expect(about(61, 'en')).toBe('2 min')
  expect(about(7200, 'en')).toBe('2 hr')
  expect(about(90_000, 'en')).toBe('2 days')
})
