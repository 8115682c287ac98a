import { expect, test } from 'vitest'
import { covered, edited, pointAt, runs, toggled } from './marks'

const bold = (from: number, to: number) => ({ from, to, style: 'bold' as const })

test('places are counted in characters, not in halves of them', () => {
  expect(pointAt('a🌹b', 3)).toBe(2)
  expect(pointAt('玫瑰皂', 2)).toBe(2)
})

test('a style goes onto a selection, and off again', () => {
  const once = toggled([], 1, 3, 'bold')
  expect(once).toEqual([bold(1, 3)])
  expect(toggled(once, 1, 3, 'bold')).toEqual([])
})

test('taking a style off the middle leaves both ends', () => {
  expect(toggled([bold(0, 9)], 3, 5, 'bold')).toEqual([bold(0, 3), bold(5, 9)])
})

test('marks of one style that touch become one', () => {
  expect(toggled([bold(0, 3)], 3, 5, 'bold')).toEqual([bold(0, 5)])
  expect(toggled([bold(0, 2), bold(4, 6)], 1, 5, 'bold')).toEqual([bold(0, 6)])
})

test('links to two places stay two links', () => {
  const two = toggled(toggled([], 0, 2, 'link', 'https://a.example'), 2, 4, 'link', 'https://b.example')
  expect(two).toHaveLength(2)
  expect(toggled(two, 0, 4, 'link', 'https://c.example')).toEqual([{ from: 0, to: 4, style: 'link', url: 'https://c.example' }])
})

test('an empty selection changes nothing', () => {
  expect(toggled([bold(0, 1)], 2, 2, 'bold')).toEqual([bold(0, 1)])
  expect(covered([bold(0, 1)], 1, 1, 'bold')).toBe(false)
})

test('marks move with the text they are on', () => {
  expect(edited([bold(2, 4)], 'abcdef', 'xxabcdef')).toEqual([bold(4, 6)])
  expect(edited([bold(2, 4)], 'abcdef', 'abcxdef')).toEqual([bold(2, 5)])
  expect(edited([bold(2, 4)], 'abcdef', 'abcdefg')).toEqual([bold(2, 4)])
  expect(edited([bold(2, 4)], 'ab🌹def', '🌹ab🌹def')).toEqual([bold(3, 5)])
})

test('a mark goes with its text', () => {
  expect(edited([bold(2, 4)], 'abcdef', 'abef')).toEqual([])
  expect(edited([bold(2, 4)], 'abcdef', 'ab')).toEqual([])
  expect(edited([bold(0, 6)], 'abcdef', 'abef')).toEqual([bold(0, 4)])
})

test('a text falls into the parts that look the same', () => {
  const got = runs('a🌹bc', [bold(1, 3), { from: 2, to: 4, style: 'link', url: 'https://a.example' }])
  expect(got.map((r) => [r.text, r.bold, r.url !== ''])).toEqual([['a', false, false], ['🌹', true, false], ['b', true, true], ['c', false, true]])
  expect(runs('', [])).toEqual([])
})
