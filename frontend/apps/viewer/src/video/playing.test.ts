import { expect, test } from 'vitest'
import { chapterAt, percentOf, plays, stops } from './playing'

const fake = () => {
  const v = { paused: false, pause: () => void (v.paused = true) }
  return v as unknown as HTMLVideoElement & { paused: boolean }
}

test('only one video plays', () => {
  const [a, b] = [fake(), fake()]
  plays(a)
  plays(a)
  expect(a.paused).toBe(false)
  plays(b)
  expect([a.paused, b.paused]).toEqual([true, false])
  stops(b)
})

test('a video that has stopped is not stopped again', () => {
  const [a, b] = [fake(), fake()]
  plays(a)
  stops(a)
  plays(b)
  expect(a.paused).toBe(false)
  stops(b)
})

test('a chapter lasts until the next begins', () => {
  const chapters = [{ at_ms: 1000 }, { at_ms: 5000 }]
  expect([0, 1000, 4999, 5000, 99_000].map((ms) => chapterAt(chapters, ms))).toEqual([-1, 0, 0, 1, 1])
})

test('how far a video was watched is a whole percentage', () => {
  expect([percentOf(5, 10), percentOf(11, 10), percentOf(1, 0), percentOf(1, Number.NaN), percentOf(1, Infinity)]).toEqual([50, 100, 0, 0, 0])
})
