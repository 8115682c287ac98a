import { expect, test } from 'vitest'
import { cannot, fieldOf, instantOf, suggested, zoned } from './schedule'

test('an instant survives the field that shows it', () => {
  const at = new Date(2026, 10, 23, 9, 5)
  expect(fieldOf(at)).toBe('2026-11-23T09:05')
  expect(instantOf(fieldOf(at))).toEqual(at)
  expect(instantOf('')).toBeNull()
})

test('only the coming year can be scheduled', () => {
  const now = Date.parse('2026-11-22T00:00:00Z')
  expect(cannot(null, now)).toBe('missing')
  expect(cannot(new Date(now), now)).toBe('past')
  expect(cannot(new Date(now + 1), now)).toBe('')
  expect(cannot(new Date(now + 366 * 86_400_000), now)).toBe('far')
})

test('the suggestion is a full hour that is not too soon', () => {
  expect(suggested(Date.parse('2026-11-22T10:10:00Z')).toISOString()).toBe('2026-11-22T11:00:00.000Z')
  expect(suggested(Date.parse('2026-11-22T10:40:00Z')).toISOString()).toBe('2026-11-22T12:00:00.000Z')
})

test('a scheduled time is shown in the zone it was meant in', () => {
  expect(zoned('2026-11-22T00:00:00Z', 'Asia/Shanghai', 'en')).toMatch(/08:00 AM GMT\+8/)
  expect(zoned('2026-11-22T00:00:00Z', 'Nowhere/Land', 'en')).toContain('2026')
})
