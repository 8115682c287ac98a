import { expect, test } from 'vitest'
import { checkoutPath, choiceFrom } from './choice'

test('what an address of the checkout names is what it was made of', () => {
  const c = { sku: 'sku_1', n: 2, deal: { kind: 'group_buy' as const, id: 'gbo_1', team: 'tem_1' }, link: 'l.k', source: 'share' as const }
  expect(choiceFrom(checkoutPath(c).query)).toEqual(c)
  expect(choiceFrom(checkoutPath({ sku: 'sku_1', n: 1 }).query)).toEqual({ sku: 'sku_1', n: 1 })
})

test('an address that was tampered with names nothing that cannot be', () => {
  expect(choiceFrom({})).toBeUndefined()
  expect(choiceFrom({ sku: 's', n: '-4', kind: 'gift', deal: 'x' })).toEqual({ sku: 's', n: 1 })
  expect(choiceFrom({ sku: 's', n: '1e9' })).toEqual({ sku: 's', n: 99 })
})
