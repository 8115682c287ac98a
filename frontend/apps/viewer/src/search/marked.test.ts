import { expect, test } from 'vitest'
import { cut } from './marked'

const shown = (text: string, spans: [number, number][]) => cut(text, spans).map((p) => (p.on ? `[${p.text}]` : p.text)).join('')

test('marks count code points, not halves of them', () => {
  expect(shown('🏔️ 山野咖啡', [[3, 5]])).toBe('🏔️ [山野]咖啡')
  expect(shown('👍🏽 hello', [[3, 8]])).toBe('👍🏽 [hello]')
})

test('marks that overlap, touch or reach too far are one, and inside', () => {
  expect(shown('trail coffee', [[0, 3], [2, 5]])).toBe('[trail] coffee')
  expect(shown('trail', [[3, 99], [-4, 1]])).toBe('[t]ra[il]')
})

test('without marks a text is whole', () => {
  expect(cut('plain')).toEqual([{ text: 'plain', on: false }])
  expect(cut('', [[0, 1]])).toEqual([])
})
