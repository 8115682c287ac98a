import type { Money, Picture, Product } from '@meadow/api'
import { priceRange } from './matrix'

/** A product in a list. */
export interface Tile {
  id: string
  title: string
  cover?: Picture
  price: Money
  sold: number
  /** The message that says why it is there. */
  reason?: string
}

/** A product as a tile, at the price of its cheapest SKU. */
export function tileOf(p: Product): Tile {
  return { id: p.id, title: p.title, cover: p.pictures?.[0], price: priceRange(p.skus)?.low ?? { amount: 0, currency: 'CNY' }, sold: p.sold }
}
