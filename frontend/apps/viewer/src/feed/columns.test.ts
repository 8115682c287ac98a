import { expect, test } from 'vitest'
import { columnsFor, fill } from './columns'

test('phones have two columns and desks up to six', () => {
  const page = (screen: number) => columnsFor(screen - (screen < 900 ? 24 : 288), screen)
  expect([320, 390, 599, 600, 899, 900, 1279, 1280, 1440, 1700].map(page)).toEqual([2, 2, 2, 3, 3, 4, 4, 5, 5, 6])
})

test('a list beside something else has as many columns as it has room for', () => {
  expect(columnsFor(380, 1440)).toBe(2)
  expect(columnsFor(200, 1440)).toBe(2)
})

test('small cards make room for one column more', () => {
  expect(columnsFor(366, 390, true)).toBe(3)
  expect(columnsFor(1152, 1440, true)).toBe(6)
})

test('each card goes to the shortest column, the leftmost of equals', () => {
  const { places } = fill([100, 300, 50, 60], 2, 10)
  expect(places).toEqual([
    { column: 0, top: 0 },
    { column: 1, top: 0 },
    { column: 0, top: 110 },
    { column: 0, top: 170 },
  ])
})

test('cards that are there already stay where they are when more arrive', () => {
  const heights = Array.from({ length: 40 }, (_, i) => 120 + ((i * 97) % 180))
  const before = fill(heights.slice(0, 20), 3, 8).places
  expect(fill(heights, 3, 8).places.slice(0, 20)).toEqual(before)
})

test('the list is as high as its longest column, without a gap below', () => {
  expect(fill([100, 30, 30], 2, 10).height).toBe(100)
  expect(fill([], 4, 10).height).toBe(0)
})

test('columns differ by no more than the highest card', () => {
  const heights = Array.from({ length: 200 }, (_, i) => 150 + ((i * 53) % 200))
  const bottoms = [0, 0, 0, 0]
  fill(heights, 4, 8).places.forEach((p, i) => (bottoms[p.column] = p.top + heights[i]!))
  expect(Math.max(...bottoms) - Math.min(...bottoms)).toBeLessThanOrEqual(350)
})
