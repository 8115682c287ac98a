import type { Mark, MarkStyle } from '@meadow/api/studio'

// Marks count in Unicode code points, fields in UTF-16 units: an emoji is one of
// the former and two of the latter.

/** The code points before a place that a field gives. */
export function pointAt(text: string, unit: number): number {
  return Array.from(text.slice(0, unit)).length
}

/** The marks of a text after it was edited: what was typed inside one belongs to it. */
export function edited(marks: readonly Mark[], before: string, after: string): Mark[] {
  const [a, b] = [[...before], [...after]]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const [gone, grown] = [a.length - tail, b.length - tail]
  const moved = (at: number, end: boolean) => {
    if (at < head || (end && at === head)) return at
    if (at >= gone) return at + grown - gone
    return end ? head : grown
  }
  return marks.map((m) => ({ ...m, from: moved(m.from, false), to: moved(m.to, true) })).filter((m) => m.from < m.to)
}

const like = (a: Mark, b: Mark) => a.style === b.style && (a.url ?? '') === (b.url ?? '')

/** Joins marks of the same style that touch. */
function joined(marks: readonly Mark[]): Mark[] {
  const out: Mark[] = []
  for (const m of marks.toSorted((x, y) => x.from - y.from || x.to - y.to)) {
    const last = out.findLast((x) => like(x, m))
    if (last && m.from <= last.to) last.to = Math.max(last.to, m.to)
    else out.push({ ...m })
  }
  return out
}

/** Whether each character of a range carries a style. */
export function covered(marks: readonly Mark[], from: number, to: number, style: MarkStyle): boolean {
  let at = from
  for (const m of marks.filter((x) => x.style === style).toSorted((x, y) => x.from - y.from)) {
    if (m.from > at) break
    at = Math.max(at, m.to)
  }
  return from < to && at >= to
}

function without(marks: readonly Mark[], from: number, to: number, style: MarkStyle): Mark[] {
  return marks.flatMap((m) => {
    if (m.style !== style || m.to <= from || m.from >= to) return [m]
    return [{ ...m, to: Math.min(m.to, from) }, { ...m, from: Math.max(m.from, to) }].filter((x) => x.from < x.to)
  })
}

/** Puts a style on a range, or takes it off where all of it has it already. */
export function toggled(marks: readonly Mark[], from: number, to: number, style: MarkStyle, url?: string): Mark[] {
  if (from >= to) return [...marks]
  const rest = without(marks, from, to, style)
  if (covered(marks, from, to, style) && !url) return joined(rest)
  return joined([...rest, { from, to, style, ...(url ? { url } : {}) }])
}

export interface Run { text: string; bold: boolean; italic: boolean; url: string }

/** A text in parts that look the same. */
export function runs(text: string, marks: readonly Mark[]): Run[] {
  const all = [...text]
  const cuts = [...new Set([0, all.length, ...marks.flatMap((m) => [m.from, m.to])])].filter((n) => n >= 0 && n <= all.length).toSorted((a, b) => a - b)
  return cuts.slice(0, -1).map((from, i) => {
    const on = marks.filter((m) => m.from <= from && m.to >= cuts[i + 1]!)
    return { text: all.slice(from, cuts[i + 1]).join(''), bold: on.some((m) => m.style === 'bold'), italic: on.some((m) => m.style === 'italic'), url: on.find((m) => m.style === 'link')?.url ?? '' }
  })
}
