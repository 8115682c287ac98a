import { expect, test } from 'vitest'
import { commandOf, keyed } from './keys'

const press = (key: string, more: object = {}) => commandOf({ key, ctrlKey: false, metaKey: false, altKey: false, target: { tagName: 'BODY' }, ...more })

test('letters decide, and numbers name the reason', () => {
  expect(press('a')).toEqual({ is: 'approve' })
  expect(press('R')).toEqual({ is: 'reject' })
  expect(press('?')).toEqual({ is: 'help' })
  expect(press('3')).toEqual({ is: 'reason', reason: keyed[2] })
  expect(press('0')).toBeNull()
  expect(press('F1')).toBeNull()
})

test('keys are letters while somebody types', () => {
  for (const target of [{ tagName: 'TEXTAREA' }, { tagName: 'INPUT', type: 'text' }, { tagName: 'SELECT' }, { tagName: 'DIV', isContentEditable: true }]) expect(press('a', { target })).toBeNull()
  expect(press('a', { target: { tagName: 'INPUT', type: 'checkbox' } })).toEqual({ is: 'approve' })
})

test('what the browser means by a key stays the browser\'s', () => {
  expect(press('r', { ctrlKey: true })).toBeNull()
  expect(press('l', { metaKey: true })).toBeNull()
  expect(press('a', { repeat: true })).toBeNull()
  expect(press('a', { isComposing: true })).toBeNull()
})
