import { expect, test } from 'vitest'
import { read } from './settings'
import { extend } from './watched'

test('what is found follows what is there, each once', () => {
  expect(extend(['a', 'b'], 0, ['a', 'b', 'c', 'd'], new Set())).toEqual(['a', 'b', 'c', 'd'])
})

test('what was watched before does not come again', () => {
  expect(extend([], 0, ['a', 'b', 'c'], new Set(['b']))).toEqual(['a', 'c'])
})

test('the present one and those before stay, whatever is found', () => {
  expect(extend(['a', 'b', 'c', 'd'], 1, ['d', 'e'], new Set(['d']))).toEqual(['a', 'b', 'd', 'e'])
})

test('settings that make no sense are as usual', () => {
  expect(read('nonsense').keys).toBe(true)
  expect(read('{"keys":false,"speed":17,"quality":"x","next":true}')).toMatchObject({ keys: false, speed: 1, quality: 0, next: true })
  expect(read(null)).toMatchObject({ keys: true, next: false, saver: false })
})
