import { expect, test } from 'vitest'
import { asked, named } from './mention'

test('a name is asked for after an at sign', () => {
  expect(asked('thanks @An', 10)).toBe('An')
  expect(asked('@小红', 3)).toBe('小红')
  expect(asked('你好，@小', 5)).toBe('小')
})

test('an address is no name, nor is a lone sign', () => {
  expect(asked('me@example', 10)).toBeNull()
  expect(asked('hi @', 4)).toBeNull()
  expect(asked('@Ann and', 8)).toBeNull()
})

test('the chosen name takes the place of what was typed', () => {
  expect(named('thanks @An!', 10, 'Ann Lee')).toEqual({ text: 'thanks @Ann Lee !', caret: 16 })
})
