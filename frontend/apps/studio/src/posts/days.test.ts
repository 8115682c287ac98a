import { expect, test } from 'vitest'
import { byDay, keyOf, stepped, weeks } from './days'

test('a month is shown in whole weeks', () => {
  const w = weeks(2026, 10, 1)
  expect(w).toHaveLength(6)
  expect(w[0]![0]).toBe('2026-10-26')
  expect(w.at(-1)!.at(-1)).toBe('2026-12-06')
  expect(weeks(2026, 1, 0)).toHaveLength(4)
})

test('every day of a month is there once', () => {
  for (const first of [0, 1])
    for (let m = 0; m < 12; m++) {
      const days = weeks(2028, m, first).flat()
      expect(new Set(days).size).toBe(days.length)
      expect(days.filter((d) => Number(d.slice(5, 7)) === m + 1)).toHaveLength(new Date(2028, m + 1, 0).getDate())
    }
})

test('keys walk through the days', () => {
  expect(stepped('2026-11-30', 'ArrowRight', 1)).toBe('2026-12-01')
  expect(stepped('2026-11-03', 'ArrowUp', 1)).toBe('2026-10-27')
  expect(stepped('2026-11-22', 'Home', 1)).toBe('2026-11-16')
  expect(stepped('2026-11-22', 'Home', 0)).toBe('2026-11-22')
  expect(stepped('2026-11-22', 'End', 0)).toBe('2026-11-28')
  expect(stepped('2026-01-31', 'PageDown', 1)).toBe('2026-02-28')
  expect(stepped('2026-11-22', 'x', 1)).toBeNull()
})

test('a clock change neither skips nor repeats a day', () => {
  let day = '2026-03-27'
  for (let i = 0; i < 5; i++) day = stepped(day, 'ArrowRight', 1)!
  expect(day).toBe('2026-04-01')
})

test('things are found by their day, earliest first', () => {
  const late = new Date(2026, 10, 22, 18).toISOString()
  const early = new Date(2026, 10, 22, 8).toISOString()
  const days = byDay([{ at: late }, { at: early }, { at: new Date(2026, 10, 23).toISOString() }])
  expect(days.get('2026-11-22')!.map((x) => x.at)).toEqual([early, late])
  expect(days.get(keyOf(new Date(2026, 10, 23)))).toHaveLength(1)
})
