import type { Coupon, Saving } from '@meadow/api/buy'
import { expect, test } from 'vitest'
import { foldOf } from './tiers'
import { askFor, usedCoupons } from './till'

const lines = [{ sku: 's', n: 1 }]
const coupon = (id: string, batch: string) => ({ id, batch }) as Coupon
const saving = (kind: string, rule: string) => ({ kind, rule }) as Saving

test('nobody sends an amount: coupons are left to the shop, chosen, or none at all', () => {
  expect(askFor(lines, { coupons: null, points: 0 })).toEqual({ lines })
  expect(askFor(lines, { coupons: ['c'], points: 5 }, 'adr')).toEqual({ lines, address: 'adr', coupons: ['c'], points: 5 })
  expect(askFor(lines, { coupons: [], points: 0 })).toEqual({ lines, plain: true })
})

test('of two coupons of a batch, one saving used one', () => {
  const own = [coupon('a', 'x'), coupon('b', 'x'), coupon('c', 'y')]
  expect(usedCoupons([saving('coupon', 'x'), saving('points', 'y')], own)).toEqual(['a'])
  expect(usedCoupons([saving('coupon', 'x'), saving('coupon', 'c')], own)).toEqual(['a', 'c'])
})

test('a fifth off is eight of ten in Chinese', () => {
  expect([foldOf(2000), foldOf(1500), foldOf(500)]).toEqual(['8', '8.5', '9.5'])
})
