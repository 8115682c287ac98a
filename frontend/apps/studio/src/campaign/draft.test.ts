import { expect, test } from 'vitest'
import { batch, flash, fresh, local, ofReduction, packet, Reader, reduction, type Draft } from './draft'
import type { Reduction } from '@meadow/api/till'

const at = Date.parse('2026-05-01T10:20:00Z')
const made = (change: Partial<Draft>): Draft => ({ ...fresh(at), name: 'May', ...change })
const read = <T>(d: Draft, f: (d: Draft, r: Reader) => T) => {
  const r = new Reader(d, 'CNY')
  return { out: f(d, r), wrong: r.wrong }
}

test('what was typed becomes minor units and basis points, to the last fen', () => {
  const { out, wrong } = read(made({ tiers: [{ over: '200', off: '30.05', rate: '' }], budget: '5000' }), reduction)
  expect(wrong).toEqual({})
  expect(out.tiers).toEqual([{ over: { amount: 20_000, currency: 'CNY' }, off: { amount: 3005, currency: 'CNY' } }])
  expect(out.budget).toEqual({ amount: 500_000, currency: 'CNY' })
  expect(out.goods).toEqual({ all: true })
  expect(read(made({ how: 'rate', tiers: [{ over: '10', off: '', rate: '12.5' }] }), batch).out.tiers[0]).toMatchObject({ rate: 1250 })
})

test('every field that is wrong is named, and how', () => {
  const { wrong } = read(made({ name: ' ', tiers: [{ over: '1.234', off: '', rate: '' }], scope: 'products' }), reduction)
  expect(wrong).toMatchObject({ name: 'need', 'tiers.0.over': 'money', 'tiers.0.off': 'need', goods: 'need' })
  const d = made({})
  expect(read({ ...d, ends: d.starts }, flash).wrong).toMatchObject({ ends: 'window', 'items.0.sku': 'need', 'items.0.price': 'need' })
})

test('a campaign that was read and written again is the same', () => {
  const first = read(made({ kind: 'full_discount', tiers: [{ over: '100', off: '', rate: '8.5' }], each: true, most: '40', alone: true, apart: ['coupon'], scope: 'products', products: ['prd_1'] }), reduction).out
  const again = read(ofReduction({ ...first, id: 'c', scope: 'merchant', state: 'draft', created_at: '', orders: 0 } as unknown as Reduction), reduction).out
  expect(again).toEqual(first)
})

test('an instant survives the clock of the form to the second', () => {
  expect(new Date(local('2026-05-01T10:20:31Z')).toISOString()).toBe('2026-05-01T10:20:31.000Z')
})

test('a packet is open from its start to its end', () => {
  const d = made({ price: '100', starts: local(new Date(Date.now() + 3_600_000).toISOString()), ends: local(new Date(Date.now() + 7_200_000).toISOString()) })
  expect(read(d, (x, r) => packet(x, r, 'shop')).out).toMatchObject({ source: 'shop', shares: 50, seconds: 3600, total: { amount: 10_000 } })
})
