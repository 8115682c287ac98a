import type { AfterSale } from '@meadow/api/shop'
import { expect, test } from 'vitest'
import { hoursLeft, press, waits } from './requests'

test('a timer presses as it runs out', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const left = (due?: string) => hoursLeft({ due } as AfterSale, now)
  expect([left(), left('2026-01-03T00:00:00Z'), left('2026-01-01T20:00:00Z'), left('2026-01-01T02:30:00Z'), left('2025-12-31T23:00:00Z')]).toEqual([null, 48, 20, 2, -1])
  expect([null, 48, 20, 2, -1].map(press)).toEqual(['none', 'none', 'soon', 'now', 'now'])
})

test('only what the shop decides waits for it', () => {
  expect((['asked', 'inspecting', 'agreed', 'disputed', 'done'] as const).map((state) => waits({ state } as AfterSale & { state: string }))).toEqual([true, true, false, false, false])
})
