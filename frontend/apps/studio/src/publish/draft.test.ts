import { expect, test } from 'vitest'
import { nudged, placed, topicsOf } from './draft'

test('arrow keys move a hotspot by one percent, with Shift by five', () => {
  expect(nudged({ x: 5000, y: 5000 }, 'ArrowLeft', false)).toEqual({ x: 4900, y: 5000 })
  expect(nudged({ x: 5000, y: 5000 }, 'ArrowDown', true)).toEqual({ x: 5000, y: 5500 })
  expect(nudged({ x: 5000, y: 5000 }, 'a', false)).toBeNull()
})

test('a hotspot never leaves its picture', () => {
  expect(nudged({ x: 50, y: 0 }, 'ArrowLeft', false)).toEqual({ x: 0, y: 0 })
  expect(placed({ x: 900, y: -20 }, { left: 100, top: 100, width: 400, height: 500 })).toEqual({ x: 10_000, y: 0 })
  expect(placed({ x: 300, y: 225 }, { left: 100, top: 100, width: 400, height: 500 })).toEqual({ x: 5000, y: 2500 })
})

test('topics are taken apart however they are typed', () => {
  expect(topicsOf('#唇釉 #通勤妆，平价、唇釉')).toEqual(['唇釉', '通勤妆', '平价'])
  expect(topicsOf('  ')).toEqual([])
})
