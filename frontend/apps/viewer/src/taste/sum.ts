import type { Why } from '@meadow/api/feed'

/** One line of a score: what it is about, and what it adds. */
export interface Line {
  kind: 'action' | 'adjust'
  name: string
  chance?: number
  weight?: number
  value: number
}

/** A bar from the line of nothing, in hundredths of the track. */
export interface Bar {
  from: number
  length: number
}

/** What makes up a score, what moves it most first. */
export function linesOf(why: Pick<Why, 'terms' | 'adjustments'>): Line[] {
  const terms = why.terms.map((x): Line => ({ kind: 'action', name: x.action, chance: x.chance, weight: x.weight, value: x.value }))
  const rest = why.adjustments.map((x): Line => ({ kind: 'adjust', name: x.kind, value: x.value }))
  return [...terms, ...rest].toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value))
}

/** The lines that are worth a bar: those that move the score by a hundredth of what moves it most. */
export function worth(lines: readonly Line[]): Line[] {
  const most = Math.max(0, ...lines.map((l) => Math.abs(l.value)))
  return lines.filter((l) => l.value !== 0 && Math.abs(l.value) >= most / 100)
}

/** Bars to one scale, so that what takes away lies left of what adds. */
export function barsOf(lines: readonly Line[]): { zero: number; bars: Bar[] } {
  const up = Math.max(0, ...lines.map((l) => l.value))
  const down = Math.max(0, ...lines.map((l) => -l.value))
  const scale = up + down ? 100 / (up + down) : 0
  const zero = down * scale
  return { zero, bars: lines.map((l) => ({ from: l.value < 0 ? zero + l.value * scale : zero, length: Math.abs(l.value) * scale })) }
}
