import type { Mark } from '@meadow/api'

/** A run of characters that look alike. */
export interface Run {
  text: string
  bold: boolean
  italic: boolean
  url?: string
}

const safe = (url: string | undefined) => (url && /^https:\/\/[^\s]+$/i.test(url) ? url : undefined)

/** Cuts a block's text where its marks begin and end; they count code points. */
export function runsOf(text: string, marks: readonly Mark[] = []): Run[] {
  const points = [...text]
  const clamp = (n: number) => Math.min(points.length, Math.max(0, n))
  const cuts = [...new Set([0, points.length, ...marks.flatMap((m) => [clamp(m.from), clamp(m.to)])])].toSorted((a, b) => a - b)
  const runs: Run[] = []
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [from, to] = [cuts[i]!, cuts[i + 1]!]
    const on = marks.filter((m) => m.from <= from && m.to >= to)
    const url = safe(on.find((m) => m.style === 'link')?.url)
    runs.push({ text: points.slice(from, to).join(''), bold: on.some((m) => m.style === 'bold'), italic: on.some((m) => m.style === 'italic'), ...(url ? { url } : {}) })
  }
  return runs
}
