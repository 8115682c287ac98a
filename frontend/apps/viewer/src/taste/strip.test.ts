import { expect, test } from 'vitest'
import { stripOf } from './strip'

const mine = { tabs: [] as string[], topics: ['tea', 'hills'], muted: ['cars'] }

test('topics that somebody chose come before what many post about', () => {
  expect(stripOf(mine, ['rain', 'tea'], '')).toEqual(['tea', 'hills', 'rain'])
})

test('an order of their own is kept as it is', () => {
  expect(stripOf({ ...mine, tabs: ['rain', 'tea'] }, ['snow'], '')).toEqual(['rain', 'tea'])
})

test('a muted topic is on no strip', () => {
  expect(stripOf({ ...mine, tabs: ['cars', 'tea'] }, [], '')).toEqual(['tea'])
  expect(stripOf(mine, ['cars', 'rain'], '')).not.toContain('cars')
})

test('the open topic is always there, once', () => {
  expect(stripOf(mine, ['rain'], 'wool')).toEqual(['wool', 'tea', 'hills', 'rain'])
  expect(stripOf(mine, ['rain'], 'rain')).toEqual(['tea', 'hills', 'rain'])
})

test('a visitor sees what many post about', () => {
  expect(stripOf(undefined, ['rain', 'snow'], '')).toEqual(['rain', 'snow'])
})
