import { expect, test } from 'vitest'
import { lineOf, moving, next, percentOf, secondsLeft, speed, type Happening, type Line } from './line'

const after = (l: Line, ...all: Happening[]) => all.reduce(next, l)

test('a file goes from its first byte to ready', () => {
  const l = after(lineOf(100), { is: 'begun' }, { is: 'moved', sent: 40, at: 0 })
  expect([l.step, percentOf(l)]).toEqual(['uploading', 40])
  const told = after(l, { is: 'arrived' }, { is: 'told', step: 'transcoding', percent: 12, sent: 100, reason: '' })
  expect([told.step, percentOf(told)]).toEqual(['transcoding', 12])
  expect(after(told, { is: 'told', step: 'ready', percent: 100, sent: 100, reason: '' }).step).toBe('ready')
})

test('a lost connection waits, and goes on where it was', () => {
  const lost = after(lineOf(100), { is: 'begun' }, { is: 'moved', sent: 40, at: 0 }, { is: 'lost' })
  expect([lost.step, lost.sent]).toEqual(['offline', 40])
  expect(after(lost, { is: 'moved', sent: 44, at: 9 }).step).toBe('uploading')
})

test('a paused file stays so, whatever arrives late', () => {
  const paused = after(lineOf(100), { is: 'begun' }, { is: 'paused' }, { is: 'moved', sent: 60, at: 1 }, { is: 'lost' })
  expect([paused.step, paused.sent]).toEqual(['paused', 0])
  expect(after(paused, { is: 'resumed' }).step).toBe('uploading')
})

test('what is over stays over', () => {
  const refused = after(lineOf(100), { is: 'refused', reason: 'too_large' })
  expect(after(refused, { is: 'moved', sent: 9, at: 1 }, { is: 'begun' }, { is: 'arrived' })).toEqual(refused)
})

test('leaving is only warned of while bytes move', () => {
  const l = after(lineOf(100), { is: 'begun' })
  expect(moving(l)).toBe(true)
  for (const h of [{ is: 'paused' }, { is: 'lost' }, { is: 'arrived' }] as Happening[]) expect(moving(next(l, h)), h.is).toBe(false)
})

test('speed is of the last seconds, and says when it will be done', () => {
  let l = after(lineOf(10_000), { is: 'begun' }, { is: 'moved', sent: 0, at: 0 })
  expect(secondsLeft(l)).toBeNull()
  for (let s = 1; s <= 20; s++) l = next(l, { is: 'moved', sent: s * 100, at: s * 1000 })
  expect(speed(l)).toBe(100)
  expect(secondsLeft(l)).toBe(80)
})

test('an offset that went back does not make the speed negative', () => {
  const l = after(lineOf(1000), { is: 'begun' }, { is: 'moved', sent: 500, at: 0 }, { is: 'moved', sent: 400, at: 500 }, { is: 'moved', sent: 450, at: 1000 })
  expect(speed(l)).toBe(100)
})
