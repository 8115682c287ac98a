import type { Offer } from '@meadow/api/feed'
import type { Tile } from './tile'

const known = ['similar_facts', 'same_category', 'bought_together', 'used_together', 'seen_by_same', 'viewed', 'liked_topic', 'popular', 'new']

/** A product that the feed chose, as a tile that says why. */
export function chosenTile(o: Offer): Tile {
  return { id: o.id, title: o.title, cover: o.cover, price: o.price, sold: o.sold, reason: known.includes(o.reason) ? `goods.reason.${o.reason}` : '' }
}
