import { expect, test } from 'vitest'
import { checkAddress } from './address'

const good = { name: '李雷', phone: '138 0000 8000', region: '上海市', city: '上海', district: '', line: '南京西路 1 号', postcode: '' }

test('district and postcode may be left out', () => {
  expect(checkAddress(good)).toEqual({})
})

test('each missing field is named', () => {
  expect(checkAddress({ ...good, name: ' ', line: '' })).toEqual({ name: 'missing', line: 'missing' })
})

test('a phone number is digits, spaced as people like', () => {
  expect(checkAddress({ ...good, phone: '+44 (0)20-7946 0000' })).toEqual({})
  expect(checkAddress({ ...good, phone: 'call me' })).toEqual({ phone: 'phone' })
  expect(checkAddress({ ...good, phone: '' })).toEqual({ phone: 'missing' })
})
