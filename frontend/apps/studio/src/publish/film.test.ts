import { expect, test } from 'vitest'
import { clockOf, msOf } from './film'

test('an instant is typed as it is shown', () => {
  for (const ms of [0, 9000, 83_000, 3_723_000]) expect(msOf(clockOf(ms)), clockOf(ms)).toBe(ms)
  expect(clockOf(83_400)).toBe('1:23')
})

test('what is no instant is none', () => {
  expect(msOf('83')).toBe(83_000)
  for (const typed of ['', 'a', '1:60', '-1', '1:2:3:4']) expect(msOf(typed), typed).toBeNull()
})
