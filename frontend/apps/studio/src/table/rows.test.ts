import { expect, test } from 'vitest'
import { csv, searched, sorted } from './rows'

const columns = [
  { key: 'name', text: (r: { n: string; v: number }) => r.n, sort: (r: { n: string; v: number }) => r.n },
  { key: 'value', text: (r: { n: string; v: number }) => String(r.v), sort: (r: { n: string; v: number }) => r.v },
]
const rows = [{ n: 'Rose 10', v: 3 }, { n: 'rose 9', v: 20 }, { n: 'Plum', v: 3 }]

test('a search finds rows that hold all its words, whatever their case and column', () => {
  expect(searched(rows, 'ROSE 20', columns).map((r) => r.n)).toEqual(['rose 9'])
  expect(searched(rows, '  ', columns)).toHaveLength(3)
})

test('numbers sort as numbers, also within words, and equals stay in order', () => {
  expect(sorted(rows, '-value', columns).map((r) => r.n)).toEqual(['rose 9', 'Rose 10', 'Plum'])
  expect(sorted(rows, 'name', columns).map((r) => r.n)).toEqual(['Plum', 'rose 9', 'Rose 10'])
  expect(sorted(rows, 'unknown', columns)).toEqual(rows)
})

test('what a spreadsheet would run is written as words, and numbers stay numbers', () => {
  expect(csv([['=1+1', '-5.00', '-cmd', 'a,"b"', '@x']])).toBe(`'=1+1,-5.00,'-cmd,"a,""b""",'@x\r\n`)
})
