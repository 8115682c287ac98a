import type { Option } from '@meadow/api'
import type { Exclusive, NewGoodsSKU, RegionPrice } from '@meadow/api/shop'
import { decimal, parseMoney, type Money } from '@meadow/ui'

/** One SKU as a merchant types it. */
export interface Row {
  values: string[]
  price: string
  list: string
  picture?: string
  prices?: RegionPrice[]
  components?: { sku: string; n: number }[]
  only?: Exclusive
}

/** The SKUs that options make: each combination once, in the options' order. */
export function combinations(options: readonly Option[]): string[][] {
  return options.reduce<string[][]>((rows, o) => rows.flatMap((r) => o.values.map((v) => [...r, v])), [[]])
}

export const keyOf = (values: readonly string[]) => JSON.stringify(values)

/** The rows of a product's options; what was typed stays with its combination. */
export function rowsOf(options: readonly Option[], old: readonly Row[]): Row[] {
  const typed = new Map(old.map((r) => [keyOf(r.values), r]))
  const first = old[0]
  return combinations(options).map((values) => typed.get(keyOf(values)) ?? { values, price: first?.price ?? '', list: first?.list ?? '' })
}

/** The rows that a product's SKUs were typed as. */
export function typedRows(skus: readonly NewGoodsSKU[]): Row[] {
  return skus.map((s) => ({
    values: s.values ?? [],
    price: s.price ? decimal(s.price) : '',
    list: s.list?.amount ? decimal(s.list) : '',
    ...(s.picture ? { picture: s.picture } : {}),
    ...(s.prices?.length ? { prices: s.prices } : {}),
    ...(s.components?.length ? { components: s.components.map((u) => ({ sku: u.sku ?? '', n: u.n })) } : {}),
    ...(s.only && reach(s.only) > 0 ? { only: s.only } : {}),
  }))
}

/** In how many places something is sold only; 0 is everywhere. */
export const reach = (x: Exclusive | undefined): number => (x?.channels?.length ?? 0) + (x?.creators?.length ?? 0) + (x?.groups?.length ?? 0)

/** The SKUs that rows stand for, or null where a price is not one. */
export function skusOf(rows: readonly Row[], currency: string): NewGoodsSKU[] | null {
  const out: NewGoodsSKU[] = []
  for (const r of rows) {
    const amount = parseMoney(r.price, currency)
    const list = r.list.trim() ? parseMoney(r.list, currency) : undefined
    if (!amount || list === null) return null
    const money = (n: number): Money => ({ amount: n, currency })
    out.push({
      values: r.values,
      price: money(amount),
      ...(list ? { list: money(list) } : {}),
      ...(r.picture ? { picture: r.picture } : {}),
      ...(r.prices?.length ? { prices: r.prices } : {}),
      ...(r.components?.length ? { components: r.components } : {}),
      ...(r.only && reach(r.only) > 0 ? { only: r.only } : {}),
    })
  }
  return out
}

/** A percentage as typed, in basis points, or null: "12.5" is 1250. */
export function parseRate(typed: string): number | null {
  const m = /^\s*(\d{1,2})(?:[.,](\d{1,2}))?\s*%?\s*$/.exec(typed)
  return m ? Number(m[1]) * 100 + Number((m[2] ?? '').padEnd(2, '0')) : null
}
