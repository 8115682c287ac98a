import type { Tag } from '@meadow/api'

/** A product on a picture, while a post is written. */
export interface DraftTag {
  product: string
  title: string
  cover?: Tag['cover']
  price: Tag['price']
  /** The picture it sits on, by its key: pictures move. */
  on: string
  x: number
  y: number
}

const inside = (v: number) => Math.min(10_000, Math.max(0, Math.round(v)))

/** Where a hotspot is after an arrow key: 1 % a press, 5 % with Shift; null for other keys. */
export function nudged(tag: { x: number; y: number }, key: string, far: boolean): { x: number; y: number } | null {
  const step = far ? 500 : 100
  switch (key) {
    case 'ArrowLeft':
      return { x: inside(tag.x - step), y: tag.y }
    case 'ArrowRight':
      return { x: inside(tag.x + step), y: tag.y }
    case 'ArrowUp':
      return { x: tag.x, y: inside(tag.y - step) }
    case 'ArrowDown':
      return { x: tag.x, y: inside(tag.y + step) }
    default:
      return null
  }
}

/** Where a pointer is on a picture, in basis points of its sides. */
export function placed(client: { x: number; y: number }, box: { left: number; top: number; width: number; height: number }): { x: number; y: number } {
  return { x: inside(((client.x - box.left) / box.width) * 10_000), y: inside(((client.y - box.top) / box.height) * 10_000) }
}

/** Topics as typed, apart, without their signs, each once, at most ten. */
export function topicsOf(typed: string): string[] {
  const found = typed.split(/[\s,，、#]+/u).map((s) => s.trim()).filter(Boolean)
  return [...new Set(found)].slice(0, 10)
}
