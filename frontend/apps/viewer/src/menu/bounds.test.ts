import { expect, test } from 'vitest'
import { without } from './bounds'

const by = (id: string, author: string) => ({ id, author: { id: author, name: author } })

test('whoever is kept away leaves every page of a list, and the others stay in order', () => {
  const before = { pages: [{ items: [by('1', 'a'), by('2', 'b'), by('3', 'a')], next: 'n' }, { items: [by('4', 'b'), by('5', 'c')] }], pageParams: ['', 'n'] }
  const after = without(before, 'b')
  expect(after.pages.map((p) => p.items.map((i) => i.id))).toEqual([['1', '3'], ['5']])
  expect(after.pageParams).toEqual(['', 'n'])
  expect(after.pages[0]!.next).toBe('n')
  expect(before.pages[0]!.items).toHaveLength(3)
})
