import { expect, test } from 'vitest'
import { stripOf } from './strip'

const mine = { tabs: [] as string[], topics: ['tea', 'hills'], muted: ['cars'] }

test('topics that somebody chose come first, then what they seem to like, then what many post about', () => {
  expect(stripOf({ mine, believed: ['wool', 'tea'], trending: ['rain', 'wool'] }, '')).toEqual(['tea', 'hills', 'wool', 'rain'])
})

test('an order of their own is kept as it is', () => {
  expect(stripOf({ mine: { ...mine, tabs: ['rain', 'tea'] }, believed: ['wool'], trending: ['snow'] }, '')).toEqual(['rain', 'tea'])
})

test('a muted topic is on no strip', () => {
  expect(stripOf({ mine: { ...mine, tabs: ['cars', 'tea'] } }, '')).toEqual(['tea'])
  expect(stripOf({ mine, trending: ['cars', 'rain'] }, '')).not.toContain('cars')
})

test('the open topic is always there, once', () => {
  expect(stripOf({ mine, trending: ['rain'] }, 'wool')).toEqual(['wool', 'tea', 'hills', 'rain'])
  expect(stripOf({ mine, trending: ['rain'] }, 'rain')).toEqual(['tea', 'hills', 'rain'])
})

test('a visitor sees what many post about', () => {
  expect(stripOf({ trending: ['rain', 'snow'] }, '')).toEqual(['rain', 'snow'])
})
