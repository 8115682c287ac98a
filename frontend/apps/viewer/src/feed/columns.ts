/** How many columns fit a list of this width. */
export function columnsFor(width: number): number {
  if (width < 560) return 2
  if (width < 840) return 3
  if (width < 1120) return 4
  if (width < 1400) return 5
  return 6
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
