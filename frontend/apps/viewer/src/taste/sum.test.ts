import { expect, test } from 'vitest'
import { barsOf, linesOf, worth } from './sum'

const why = {
  terms: [{ action: 'like', chance: 0.2, weight: 1, value: 0.2 }, { action: 'purchase', chance: 0.0001, weight: 4, value: 0.0004 }, { action: 'hide', chance: 0.02, weight: -5, value: -0.1 }],
  adjustments: [{ kind: 'author', value: -0.3 }],
}

test('what moves a score most is said first, whichever way it moves it', () => {
  expect(linesOf(why).map((l) => l.name)).toEqual(['author', 'like', 'hide', 'purchase'])
})

test('no line is lost: together they are the score', () => {
  expect(linesOf(why).reduce((n, l) => n + l.value, 0)).toBeCloseTo(-0.1996, 9)
})

test('what adds next to nothing gets no bar', () => {
  expect(worth(linesOf(why)).map((l) => l.name)).toEqual(['author', 'like', 'hide'])
})

test('bars share one scale and one line of nothing', () => {
  const { zero, bars } = barsOf([{ kind: 'action', name: 'like', value: 0.3 }, { kind: 'action', name: 'hide', value: -0.1 }])
  expect(zero).toBeCloseTo(25)
  expect(bars[0]!.from).toBeCloseTo(25)
  expect(bars[0]!.length).toBeCloseTo(75)
  expect(bars[1]!.from).toBeCloseTo(0)
  expect(bars[1]!.length).toBeCloseTo(25)
})

test('a score of nothing at all has no bars', () => {
  expect(barsOf([])).toEqual({ zero: 0, bars: [] })
  expect(worth([{ kind: 'action', name: 'like', value: 0 }])).toEqual([])
})
