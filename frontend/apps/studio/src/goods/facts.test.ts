import { expect, test } from 'vitest'
import { lacks, musts, nameIn } from './facts'

const shelf = { id: 'home', tax_class: 'standard', facts: [{ id: 'origin', names: ['Origin', '产地'] }] }

test('a fact is told by any of its names, however cased, if it says something', () => {
  const told = (name: string, value: string) => musts(shelf, [{ name, value }])[0]!.told
  expect([told('origin ', 'Jingdezhen'), told('产地', '景德镇'), told('Origin', ' '), told('Material', 'clay')]).toEqual([true, true, false, false])
})

test('a fact is named in the language of the screen', () => {
  expect([nameIn(['Origin', '产地'], 'zh-CN'), nameIn(['Origin', '产地'], 'en'), nameIn(['Best'], 'zh-CN')]).toEqual(['产地', 'Origin', 'Best'])
})

test('what a category asks for is asked one by one, and a single fact where it asks for none', () => {
  const p = { title: 'Cup', pictures: 0, facts: [], priced: true }
  expect(lacks({ ...p, musts: musts(shelf, []) }, 'en').filter((l) => !l.done).map((l) => l.name ?? l.key)).toEqual(['pictures', 'Origin'])
  expect(lacks({ ...p, musts: [] }, 'en').filter((l) => !l.done).map((l) => l.key)).toEqual(['pictures', 'facts'])
})
