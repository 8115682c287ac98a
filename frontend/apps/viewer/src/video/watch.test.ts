import { expect, test } from 'vitest'
import { Watch } from './watch'

const watching = () => {
  let at = 0
  const told: string[] = []
  const w = new Watch('p', (kind, post, more = {}) => told.push(`${kind} ${post}${'ms' in more ? ` ${more.ms} ${more.percent}` : ''}${more.product ?? ''}`), () => at)
  return { w, told, wait: (ms: number) => void (at += ms) }
}

test('time counts while it plays, and the farthest point is kept', () => {
  const { w, told, wait } = watching()
  wait(100)
  w.plays()
  wait(2000)
  w.reached(40)
  w.rests()
  wait(60_000)
  w.plays()
  w.plays()
  wait(1000)
  w.reached(10)
  w.ends()
  expect(told).toEqual(['impression p', 'view p', 'dwell p 3000 40'])
})

test('what never played was seen only', () => {
  const { w, told, wait } = watching()
  wait(500)
  w.ends()
  expect(told).toEqual(['impression p'])
})

test('it ends once', () => {
  const { w, told, wait } = watching()
  w.plays()
  wait(10)
  w.ends()
  w.plays()
  wait(10)
  w.ends()
  expect(told).toEqual(['impression p', 'view p', 'dwell p 10 0'])
})
