import type { Money } from '@meadow/api'

/**
 * How much of the way from the start to the floor has been cut, in basis points,
 * rounded down: a bar is full at the floor only, and never looks nearer than it is.
 */
export function cutShare(start: Money, price: Money, floor: Money): number {
  const way = start.amount - floor.amount
  if (way <= 0) return 10_000
  return Math.floor(((start.amount - price.amount) * 10_000) / way)
}
