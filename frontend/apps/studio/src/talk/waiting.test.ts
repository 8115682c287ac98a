import { expect, test } from 'vitest'
import { waiting, wordsOf } from './waiting'

test('a question is late after a day', () => {
  expect(waiting(86_399e9)).toEqual({ seconds: 86_399, late: false })
  expect(waiting(86_400e9).late).toBe(true)
})

test('words are taken apart, each once', () => {
  expect(wordsOf('加微信, vx\n加微信、  代购 ')).toEqual(['加微信', 'vx', '代购'])
  expect(wordsOf(' \n ')).toEqual([])
})
