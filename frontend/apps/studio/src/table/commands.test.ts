import { expect, test } from 'vitest'
import { foundCommands } from './commands'

const all = [{ key: 'a', label: 'New product', words: 'goods' }, { key: 'b', label: 'Products' }, { key: 'c', label: 'Orders' }]

test('a command is found by all its words, those that begin with them first', () => {
  expect(foundCommands(all, 'prod').map((c) => c.key)).toEqual(['b', 'a'])
  expect(foundCommands(all, 'new GOODS').map((c) => c.key)).toEqual(['a'])
  expect(foundCommands(all, '')).toHaveLength(3)
})
