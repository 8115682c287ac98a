import { expect, test } from 'vitest'
import { split } from './reach'

const row = (reach: string, impressions: number, views: number, orders: number) => ({ reach, impressions, views, orders })

test('each measure is divided in its own way, whatever the order of the rows', () => {
  const s = split([row('private', 100, 30, 3), row('public', 300, 10, 1)])
  expect(s.map((x) => x.measure)).toEqual(['impressions', 'views', 'orders'])
  expect(s.map((x) => [x.public, x.private])).toEqual([[300, 100], [10, 30], [1, 3]])
  expect(s.map((x) => x.parts?.public)).toEqual([7500, 2500, 2500])
})

test('the parts sum to the whole', () => {
  for (const [a, b] of [[1, 2], [2, 1], [1, 6], [999, 1], [0, 7], [7, 0]] as const) {
    const { parts } = split([row('public', a, 0, 0), row('private', b, 0, 0)])[0]!
    expect(parts!.public + parts!.private, `${a} and ${b}`).toBe(10_000)
  }
})

test('nothing is not divided', () => {
  expect(split([row('public', 0, 0, 0), row('private', 0, 0, 0)]).map((x) => x.parts)).toEqual([null, null, null])
  expect(split([]).map((x) => x.parts)).toEqual([null, null, null])
})
