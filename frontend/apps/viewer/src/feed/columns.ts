/** The narrowest column that still shows a card. */
const narrowest = 132

/**
 * How many columns a list has on a screen of this width: fewer where the list
 * has only a part of it, one more where cards may be small.
 */
export function columnsFor(width: number, screen: number, dense = false): number {
  const wanted = (width >= 1400 ? 6 : 2 + [600, 900, 1280].filter((w) => screen >= w).length) + (dense ? 1 : 0)
  return Math.max(2, Math.min(wanted, Math.floor(width / (dense ? 110 : narrowest))))
}

export interface Place {
  column: number
  top: number
}

/**
 * Puts each card into the column that is shortest so far, the leftmost of equals.
 * Cards keep their order, so whoever reads the list in order reads it as it was
 * ranked.
 */
export function fill(heights: readonly number[], columns: number, gap: number): { places: Place[]; height: number } {
  const bottoms = Array.from({ length: columns }, () => 0)
  const places = heights.map((h) => {
    const column = bottoms.indexOf(Math.min(...bottoms))
    const top = bottoms[column]!
    bottoms[column] = top + h + gap
    return { column, top }
  })
  return { places, height: Math.max(0, Math.max(...bottoms) - gap) }
}
