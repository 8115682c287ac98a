import { expect, test } from 'vitest'
import { ago, compact, countdown, decimal, money, moneyParts, parseMoney } from './format'

test('money is exact at any size', () => {
  expect(decimal({ amount: 9007199254740991, currency: 'CNY' })).toBe('90071992547409.91')
  expect(money({ amount: 9007199254740991, currency: 'CNY' }, 'en')).toBe('¥90,071,992,547,409.91')
})

test('money follows the minor unit of its currency', () => {
  expect(decimal({ amount: 5, currency: 'CNY' })).toBe('0.05')
  expect(decimal({ amount: 5, currency: 'JPY' })).toBe('5')
  expect(decimal({ amount: -1999, currency: 'USD' })).toBe('-19.99')
})

test('whole amounts lose their decimals only where asked', () => {
  expect(money({ amount: 12800, currency: 'CNY' }, 'zh-CN')).toBe('¥128.00')
  expect(money({ amount: 12800, currency: 'CNY' }, 'zh-CN', true)).toBe('¥128')
  expect(money({ amount: 12850, currency: 'CNY' }, 'zh-CN', true)).toBe('¥128.50')
})

test('the parts of an amount read as the amount', () => {
  const m = { amount: 123456, currency: 'CNY' }
  expect(moneyParts(m, 'zh-CN')).toEqual([
    { type: 'currency', value: '¥' },
    { type: 'integer', value: '1,234' },
    { type: 'fraction', value: '.56' },
  ])
})

test('a typed amount becomes minor units, or nothing', () => {
  expect(parseMoney('12.5', 'CNY')).toBe(1250)
  expect(parseMoney(' 0,05 ', 'CNY')).toBe(5)
  expect(parseMoney('19.99', 'CNY')).toBe(1999)
  expect(parseMoney('1.005', 'CNY')).toBeNull()
  expect(parseMoney('12.5', 'JPY')).toBeNull()
  expect(parseMoney('-1', 'CNY')).toBeNull()
  expect(parseMoney('1e3', 'CNY')).toBeNull()
})

test('counts are short in both languages', () => {
  expect(compact(12_345, 'zh-CN')).toBe('1.2万')
  expect(compact(12_345, 'en')).toBe('12.3K')
  expect(compact(999, 'en')).toBe('999')
})

test('a countdown never goes below zero', () => {
  expect(countdown(899_001)).toBe('15:00')
  expect(countdown(3_723_000)).toBe('1:02:03')
  expect(countdown(-5)).toBe('00:00')
})

test('times are relative for a week', () => {
  const now = Date.parse('2026-06-15T12:00:00Z')
  expect(ago('2026-06-15T11:30:00Z', 'en', now)).toBe('30 min. ago')
  expect(ago('2026-06-14T11:30:00Z', 'zh-CN', now)).toBe('昨天')
  expect(ago('2025-06-14T11:30:00Z', 'en', now)).toBe('Jun 14, 2025')
})
