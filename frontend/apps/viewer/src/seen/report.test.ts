import type { SeenEvent } from '@meadow/api'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

// The module listens to a page, which this test does not have.
vi.stubGlobal('addEventListener', () => undefined)
vi.stubGlobal('document', { addEventListener: () => undefined, getElementById: () => null })
const { Reporter } = await import('./report')

let sent: SeenEvent[][]
let n: number
const make = () => new Reporter(async (events) => void sent.push(events), () => `event-${++n}`)
beforeEach(() => {
  vi.useFakeTimers()
  sent = []
  n = 0
})
afterEach(() => vi.useRealTimers())

test('what is seen within a few seconds travels in one report', () => {
  const r = make()
  r.add('impression', 'a', 'discover')
  r.add('view', 'b', 'search')
  expect(sent).toEqual([])
  vi.advanceTimersByTime(5000)
  expect(sent.map((s) => s.map((e) => `${e.id} ${e.kind} ${e.post} ${e.source}`))).toEqual([['event-1 impression a discover', 'event-2 view b search']])
})

test('no report holds more than fifty events', () => {
  const r = make()
  for (let i = 0; i < 120; i++) r.add('impression', `p${i}`, 'discover')
  r.flush()
  expect(sent.map((s) => s.length)).toEqual([50, 50, 20])
})

test('what was reported is not reported again', () => {
  const r = make()
  r.add('dwell', 'a', 'link', { ms: 900, percent: 40 })
  r.flush()
  r.flush()
  vi.advanceTimersByTime(60_000)
  expect(sent).toHaveLength(1)
  expect(sent[0]![0]).toMatchObject({ ms: 900, percent: 40 })
})

test('a report that is lost stops nothing', async () => {
  const r = new Reporter(() => Promise.reject(new Error('offline')), () => 'x')
  r.add('view', 'a', 'link')
  r.flush()
  await vi.runAllTimersAsync()
  r.add('view', 'b', 'link')
  expect(() => r.flush()).not.toThrow()
})
