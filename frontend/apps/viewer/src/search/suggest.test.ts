import type { Suggestion } from '@meadow/api'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { joined } from './history'
import { Suggester } from './suggest'

vi.mock('@meadow/api', () => ({ me: { value: null } }))
vi.mock('@meadow/api/find', () => ({ find: {} }))

const made = (text: string): Suggestion => ({ text, kind: 'search', marks: [] })
let asked: string[]
let shown: string[]
let delay: number
const make = () =>
  new Suggester(
    async (text) => {
      asked.push(text)
      await new Promise((resolve) => setTimeout(resolve, delay))
      if (text === 'fails') throw new Error('offline')
      return { items: [made(`${text}!`)] }
    },
    (items, text) => void shown.push(`${text}: ${items.map((i) => i.text).join()}`),
  )
beforeEach(() => {
  vi.useFakeTimers()
  asked = []
  shown = []
  delay = 10
})
afterEach(() => vi.useRealTimers())

test('one asks once the keys rest, and soon', async () => {
  const s = make()
  for (const text of ['c', 'co', 'cof']) {
    s.type(text)
    await vi.advanceTimersByTimeAsync(30)
  }
  expect(asked).toEqual([])
  await vi.advanceTimersByTimeAsync(100)
  expect(asked).toEqual(['cof'])
  expect(shown).toEqual(['cof: cof!'])
})

test('while an input method composes nobody is asked', async () => {
  const s = make()
  s.compose(true)
  s.type('ka')
  s.type('kafe')
  await vi.advanceTimersByTimeAsync(1000)
  expect(asked).toEqual([])
  s.compose(false)
  s.type('咖啡')
  await vi.advanceTimersByTimeAsync(100)
  expect(asked).toEqual(['咖啡'])
})

test('a late answer does not replace a newer one', async () => {
  const s = make()
  delay = 500
  s.type('slow')
  await vi.advanceTimersByTimeAsync(100)
  delay = 10
  s.type('fast')
  await vi.advanceTimersByTimeAsync(1000)
  expect(shown).toEqual(['fast: fast!'])
})

test('what is known is shown at once, and a failure shows nothing', async () => {
  const s = make()
  s.type('a')
  await vi.advanceTimersByTimeAsync(100)
  s.type('')
  s.type('a')
  expect(shown).toEqual(['a: a!', ': ', 'a: a!'])
  s.type('fails')
  await vi.advanceTimersByTimeAsync(100)
  expect(shown.at(-1)).toBe('fails: ')
  expect(asked).toEqual(['a', 'fails'])
})

test('a history holds each search once, the latest first, and not too many', () => {
  expect(joined(['b', 'a'], 'a')).toEqual(['a', 'b'])
  expect(joined(Array.from({ length: 40 }, (_, i) => `${i}`), 'x')).toHaveLength(20)
})
