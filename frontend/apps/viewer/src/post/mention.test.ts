import { expect, test } from 'vitest'
import { mentionAt, withMention } from './mention'

test('an @ begins a mention, up to the caret', () => {
  expect(mentionAt('你好 @李', 5)).toEqual({ from: 3, name: '李' })
  expect(mentionAt('@', 1)).toEqual({ from: 0, name: '' })
  expect(mentionAt('@lin is here', 4)).toEqual({ from: 0, name: 'lin' })
})

test('a space ends it, and an address is none', () => {
  expect(mentionAt('@lin is', 7)).toBeNull()
  expect(mentionAt('mail me@example', 15)).toBeNull()
  expect(mentionAt('no', 2)).toBeNull()
})

test('the chosen name takes the place of what was written', () => {
  expect(withMention('hi @li there', 6, '李雷')).toEqual({ text: 'hi @李雷 there', caret: 7 })
  expect(withMention('hi @', 4, 'Lin')).toEqual({ text: 'hi @Lin ', caret: 8 })
})
