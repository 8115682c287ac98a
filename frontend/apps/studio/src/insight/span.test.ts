import { expect, test } from 'vitest'
import { askable, before, change, daysIn, lastDays, ticks } from './span'

const now = Date.parse('2026-11-22T15:00:00Z')

test('the last days end today', () => {
  expect(lastDays(7, now)).toEqual({ from: '2026-11-16', to: '2026-11-22' })
  expect(daysIn(lastDays(28, now))).toBe(28)
})

test('the span before is as long, and ends the day before', () => {
  expect(before({ from: '2026-11-16', to: '2026-11-22' })).toEqual({ from: '2026-11-09', to: '2026-11-15' })
})

test('only a span that has begun and is no longer than a year is asked for', () => {
  expect(askable({ from: '2026-11-22', to: '2026-11-22' }, now)).toBe(true)
  expect(askable({ from: '2026-11-23', to: '2026-11-24' }, now)).toBe(false)
  expect(askable({ from: '2026-11-22', to: '2026-11-21' }, now)).toBe(false)
  expect(askable({ from: '2025-11-21', to: '2026-11-22' }, now)).toBe(false)
  expect(askable({ from: '', to: '2026-11-22' }, now)).toBe(false)
})

test('a change is of what was before, and unknown from nothing', () => {
  expect(change(150, 100)).toBe(5000)
  expect(change(0, 100)).toBe(-10_000)
  expect(change(5, 0)).toBeNull()
})

test('an axis has few round steps and reaches past the top', () => {
  for (const most of [1, 3, 7, 48, 99, 1234, 98_765]) {
    const t = ticks(most)
    expect(t.at(-1)!, String(most)).toBeGreaterThanOrEqual(most)
    expect(t.length).toBeLessThanOrEqual(6)
    expect(new Set(t.slice(1).map((v, i) => v - t[i]!)).size).toBe(1)
  }
  expect(ticks(0)).toEqual([0, 1])
})
