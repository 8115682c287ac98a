import { expect, test } from 'vitest'
import { keys, moveOf } from './keys'

const press = (key: string, more: object = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, defaultPrevented: false, ...more })

test('each key does one thing, in small and in large letters', () => {
  expect(new Set(keys.map(([k]) => k)).size).toBe(keys.length)
  expect(new Set(keys.map(([, m]) => m)).size).toBe(keys.length)
  expect(moveOf(press('z'), 'page')).toBe('like')
  expect(moveOf(press('Z'), 'page')).toBe('like')
  expect(moveOf(press('?'), 'page')).toBe('keys')
})

test('no key does anything while somebody types or composes', () => {
  for (const [k] of keys) expect(moveOf(press(k), 'typing')).toBeUndefined()
  expect(moveOf(press('z', { isComposing: true }), 'page')).toBeUndefined()
})

test('what belongs to the browser stays there', () => {
  for (const held of ['ctrlKey', 'metaKey', 'altKey', 'defaultPrevented']) expect(moveOf(press('r', { [held]: true }), 'page')).toBeUndefined()
})

test('controls keep the keys that work them', () => {
  expect(moveOf(press('ArrowUp'), 'slider')).toBeUndefined()
  expect(moveOf(press('z'), 'slider')).toBe('like')
  expect(moveOf(press(' '), 'button')).toBeUndefined()
  expect(moveOf(press('ArrowDown'), 'button')).toBe('next')
  expect(moveOf(press('ArrowDown'), 'panel')).toBeUndefined()
  expect(moveOf(press('x'), 'panel')).toBe('comments')
})
