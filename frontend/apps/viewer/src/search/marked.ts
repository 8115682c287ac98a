import type { Span } from '@meadow/api'

/** A run of characters that matched, or did not. */
export interface Part {
  text: string
  on: boolean
}

/** Cuts a text where matches begin and end. They count code points; what overlaps is one. */
export function cut(text: string, spans: readonly Span[] = []): Part[] {
  const points = [...text]
  const on = points.map(() => false)
  for (const [from, to] of spans) for (let i = Math.max(0, from); i < Math.min(points.length, to); i++) on[i] = true
  const out: Part[] = []
  points.forEach((p, i) => {
    const last = out.at(-1)
    if (last && last.on === on[i]) last.text += p
    else out.push({ text: p, on: on[i]! })
  })
  return out
}
