import { expect, test } from 'vitest'
import { partsOf } from './parts'

const li = { id: 'usr_1', name: '李' }
const lilei = { id: 'usr_2', name: '李雷' }

test('topics and people are links, the rest stays text', () => {
  expect(partsOf('看 #好物 和 @李雷 的', [lilei])).toEqual([{ text: '看 ' }, { text: '#好物', topic: '好物' }, { text: ' 和 ' }, { text: '@李雷', person: 'usr_2' }, { text: ' 的' }])
})

test('of two names that fit, the longer is meant', () => {
  expect(partsOf('@李雷@李', [li, lilei]).map((p) => p.person)).toEqual(['usr_2', 'usr_1'])
})

test('an @ that names nobody mentioned is text', () => {
  expect(partsOf('a@b.example @李雷', [])).toEqual([{ text: 'a@b.example @李雷' }])
})

test('nothing is lost: the parts make the text again', () => {
  for (const text of ['', '@', '##', '#', 'x#y z', '@李雷 #a#b @@李雷', '末尾@']) expect(partsOf(text, [li, lilei]).map((p) => p.text).join('')).toBe(text)
})

test('markup in a text is text', () => {
  expect(partsOf('<img src=x>')).toEqual([{ text: '<img src=x>' }])
})
