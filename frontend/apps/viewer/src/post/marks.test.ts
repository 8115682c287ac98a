import { expect, test } from 'vitest'
import { runsOf } from './marks'

test('a text without marks is one run', () => {
  expect(runsOf('plain')).toEqual([{ text: 'plain', bold: false, italic: false }])
  expect(runsOf('')).toEqual([])
})

test('marks count code points, so an emoji is one', () => {
  expect(runsOf('😀好物', [{ from: 1, to: 3, style: 'bold' }]).map((r) => [r.text, r.bold])).toEqual([['😀', false], ['好物', true]])
})

test('marks that overlap are cut where each begins and ends', () => {
  const runs = runsOf('abcdef', [{ from: 0, to: 4, style: 'bold' }, { from: 2, to: 6, style: 'italic' }])
  expect(runs.map((r) => [r.text, r.bold, r.italic])).toEqual([['ab', true, false], ['cd', true, true], ['ef', false, true]])
})

test('only https leads away', () => {
  const link = (url: string) => runsOf('x', [{ from: 0, to: 1, style: 'link', url }])[0]!.url
  expect(link('https://example.com/a')).toBe('https://example.com/a')
  expect([link('javascript:alert(1)'), link('http://example.com'), link('https:// x'), link('')]).toEqual([undefined, undefined, undefined, undefined])
})

test('marks beyond the text lose nothing', () => {
  expect(runsOf('abc', [{ from: 1, to: 900, style: 'bold' }]).map((r) => r.text).join('')).toBe('abc')
})
