import { expect, test } from 'vitest'
import { payState } from './payment'

test('the order says whether it is paid, whatever the last payment says', () => {
  expect(payState('paid', 'pending')).toBe('success')
  expect(payState('paid', 'failed')).toBe('success')
})

test('a payment that succeeded is pending until the order says so', () => {
  expect(payState('unpaid', 'succeeded')).toBe('pending')
})

test('a failed payment of an open order can be tried again', () => {
  expect(payState('unpaid', 'failed')).toBe('failed')
})

test('an order that was closed is closed', () => {
  for (const state of ['expired', 'cancelled', 'refunding', 'refunded'] as const) expect(payState(state, 'failed')).toBe('closed')
})

test('a payment whose amount differs waits for somebody', () => {
  expect(payState('unpaid', 'frozen')).toBe('held')
})
