import { expect, test } from 'vitest'
import { phaseOf } from './kinds'

test('a campaign is where its state and its window put it', () => {
  const at = Date.parse('2026-05-02T00:00:00Z')
  const [day1, day3, day5] = ['2026-05-01T00:00:00Z', '2026-05-03T00:00:00Z', '2026-05-05T00:00:00Z'] as const
  expect(phaseOf('running', day1, day3, at)).toBe('running')
  expect(phaseOf('active', day3, day5, at)).toBe('soon')
  expect(phaseOf('started', day1, '2026-05-02T00:00:00Z', at)).toBe('over')
  expect(phaseOf('stopped', day1, day3, at)).toBe('stopped')
  expect(phaseOf('killed', day1, day3, at)).toBe('killed')
  expect(phaseOf('on', day1, day3, at)).toBe('running')
  expect(phaseOf('draft', day1, day3, at)).toBe('draft')
})
