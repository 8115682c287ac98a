import { beforeEach, expect, test, vi } from 'vitest'
import { forgetOrder, placeOnce, recall, remember, whatIs } from './placed'

const kept = new Map<string, string>()
vi.stubGlobal('localStorage', { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) })
beforeEach(() => kept.clear())

test('a choice is the same in whatever order it was made', () => {
  const a = { sku: 'a', n: 1 }
  const b = { sku: 'b', n: 2, deal: { kind: 'group_buy' as const, id: 'g' } }
  expect(whatIs('u', [a, b])).toBe(whatIs('u', [b, a]))
  expect(whatIs('u', [a])).not.toBe(whatIs('u', [{ ...a, n: 2 }]))
  expect(whatIs('u', [a])).not.toBe(whatIs('v', [a]))
})

test('two tabs that place the same make one order', async () => {
  let made = 0
  const run = async () => `ord_${++made}`
  const opened = Date.now()
  expect(await placeOnce('w', opened, run)).toBe('ord_1')
  expect(await placeOnce('w', opened, run)).toBe('ord_1')
  expect(made).toBe(1)
})

test('who opens the checkout again may order again', async () => {
  remember('w', 'ord_old', Date.now() - 1000)
  expect(recall('w')).toBe('ord_old')
  expect(await placeOnce('w', Date.now(), async () => 'ord_new')).toBe('ord_new')
})

test('an order is forgotten when it cannot be paid any more', () => {
  remember('w', 'ord_1', Date.now() - 16 * 60_000)
  expect(recall('w')).toBeUndefined()
  remember('w', 'ord_2')
  forgetOrder('ord_2')
  expect(recall('w')).toBeUndefined()
})
