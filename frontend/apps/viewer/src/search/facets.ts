import type { Facet } from '@meadow/api'
import { money } from '@meadow/ui'
import type { Asked, Filter } from './asked'
import { filtersOf } from './asked'

/** The facet that counts what a filter chooses from. */
const named: Record<Filter, string> = { genre: 'genre', topic: 'topic', category: 'category', price: 'price', in: 'lang', label: 'label' }
/** More would be a list to read instead of a choice. */
const most = 12

export interface Choice {
  value: string
  n?: number
}
export interface Group {
  filter: Filter
  choices: Choice[]
}

const start = (value: string) => Number(value.split('-')[0]) || 0

/** What can be chosen, with what is chosen even where nothing counts it any more. */
export function groupsOf(facets: readonly Facet[], asked: Asked, total = Infinity): Group[] {
  return filtersOf(asked.kind).flatMap((filter) => {
    const choices: Choice[] = (facets.find((f) => f.name === named[filter])?.values ?? []).filter((v) => v.n > 0).slice(0, most)
    if (filter === 'price') choices.sort((a, b) => start(a.value) - start(b.value))
    const chosen = asked[filter]
    if (chosen && !choices.some((c) => c.value === chosen)) choices.push({ value: chosen })
    // What all answers have in common does not narrow them down.
    return chosen || choices.length > 1 || choices.some((c) => c.n! < total) ? [{ filter, choices }] : []
  })
}

/** How many answers of each kind there are, as far as it is counted. */
export function kindCounts(facets: readonly Facet[]): Map<string, number> {
  return new Map(facets.find((f) => f.name === 'kind')?.values.map((v) => [v.value, v.n]))
}

/** A band of prices for people: "¥50–100", "¥1,000+". Bands are in minor units. */
export function band(value: string, locale: string, currency = 'CNY'): string {
  const m = /^(\d*)-(\d*)$/.exec(value)
  if (!m) return value
  const say = (n: string) => money({ amount: Number(n), currency }, locale, true)
  if (!m[2]) return `${say(m[1] || '0')}+`
  return `${say(m[1] || '0')}–${say(m[2])}`
}
