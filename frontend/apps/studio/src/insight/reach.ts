import type { ByReach } from '@meadow/api/studio'

export const reaches = ['public', 'private'] as const
export const measures = ['impressions', 'views', 'orders'] as const
type Measure = (typeof measures)[number]

export interface Split { measure: Measure; public: number; private: number; parts: { public: number; private: number } | null }

/** How each measure is divided: parts are in basis points and sum to the whole; of nothing there are none. */
export function split(rows: readonly ByReach[]): Split[] {
  const of = (reach: string, m: Measure) => rows.find((r) => r.reach === reach)?.[m] ?? 0
  return measures.map((measure) => {
    const [open, own] = [of('public', measure), of('private', measure)]
    const first = Math.round((open * 10_000) / (open + own))
    return { measure, public: open, private: own, parts: open + own > 0 ? { public: first, private: 10_000 - first } : null }
  })
}
