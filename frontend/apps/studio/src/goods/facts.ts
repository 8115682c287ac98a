import type { Fact } from '@meadow/api'
import type { Shelf } from '@meadow/api/shop'

export interface Must { id: string; names: string[]; told: boolean }

const same = (a: string, b: string) => a.trim().toLocaleLowerCase() === b.trim().toLocaleLowerCase()

/** What a category asks to be disclosed, and whether it is. */
export function musts(shelf: Shelf | undefined, facts: readonly Fact[]): Must[] {
  return (shelf?.facts ?? []).map((m) => ({ id: m.id, names: m.names, told: facts.some((f) => f.value.trim() !== '' && m.names.some((n) => same(n, f.name))) }))
}

/** The name of a fact in somebody's language: the first that is written in its script. */
export function nameIn(names: readonly string[], locale: string): string {
  const han = (n: string) => /\p{Script=Han}/u.test(n)
  return names.find((n) => han(n) === locale.startsWith('zh')) ?? names[0] ?? ''
}

export interface Lack { key: 'title' | 'pictures' | 'facts' | 'must' | 'prices'; done: boolean; name?: string }

/** All that has to be there before a product may be sold. */
export function lacks(p: { title: string; pictures: number; facts: readonly Fact[]; priced: boolean; musts: readonly Must[] }, locale: string): Lack[] {
  const told = p.facts.filter((f) => f.name.trim() && f.value.trim()).length
  return [
    { key: 'title', done: p.title.trim() !== '' },
    { key: 'pictures', done: p.pictures > 0 },
    { key: 'prices', done: p.priced },
    ...(p.musts.length ? p.musts.map((m): Lack => ({ key: 'must', done: m.told, name: nameIn(m.names, locale) })) : [{ key: 'facts', done: told > 0 } as Lack]),
  ]
}
