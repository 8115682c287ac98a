import type { Money, Option, SKU } from '@meadow/api'

/** What is chosen of each option, by its index; null is not yet. */
export type Selection = readonly (string | null)[]
export type ValueState = 'ok' | 'sold-out' | 'impossible'

/** The selection to begin with: an option with one value leaves no choice. */
export function begin(options: readonly Option[]): (string | null)[] {
  return options.map((o) => (o.values.length === 1 ? o.values[0]! : null))
}

function fits(sku: SKU, selection: Selection): boolean {
  return selection.every((v, i) => v === null || sku.values[i] === v)
}

/** The SKUs that the selection still allows. */
export function candidates(skus: readonly SKU[], selection: Selection): SKU[] {
  return skus.filter((s) => fits(s, selection))
}

/** The SKU that is chosen once every option is. */
export function chosen(skus: readonly SKU[], selection: Selection): SKU | undefined {
  return selection.includes(null) ? undefined : skus.find((s) => fits(s, selection))
}

/** Whether choosing a value, the other choices kept, leads to something one can buy. */
export function stateOf(skus: readonly SKU[], selection: Selection, option: number, value: string): ValueState {
  const then = candidates(skus, selection.map((v, i) => (i === option ? value : v)))
  if (then.length === 0) return 'impossible'
  return then.some((s) => s.available > 0) ? 'ok' : 'sold-out'
}

/** The lowest and the highest price among skus. */
export function priceRange(skus: readonly SKU[]): { low: Money; high: Money } | undefined {
  const [first] = skus
  if (!first) return undefined
  return skus.reduce(
    ({ low, high }, { price }) => ({ low: price.amount < low.amount ? price : low, high: price.amount > high.amount ? price : high }),
    { low: first.price, high: first.price },
  )
}

/** The most that may be bought of a SKU at once. */
export function limitOf(sku: SKU | undefined): number {
  return sku ? Math.min(99, Math.max(0, sku.available)) : 99
}
