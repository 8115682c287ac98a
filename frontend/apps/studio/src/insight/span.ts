const day = 86_400_000
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 10)

export interface Span { from: string; to: string }
export const lengths = [7, 28, 90, 365] as const

/** The last n days up to today, in UTC, as the numbers are counted. */
export function lastDays(n: number, now: number): Span {
  return { from: iso(now - (n - 1) * day), to: iso(now) }
}

/** How many days a span has; 0 if it is none, or ends before it begins. */
export function daysIn({ from, to }: Span): number {
  const n = (Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / day + 1
  return Number.isFinite(n) && n > 0 ? n : 0
}

/** Whether numbers can be asked for: a span of 1 to 366 days that has begun. */
export function askable(s: Span, now: number): boolean {
  const n = daysIn(s)
  return n >= 1 && n <= 366 && s.from <= iso(now)
}

/** The span of equal length before. */
export function before(s: Span): Span {
  const n = daysIn(s)
  const at = (d: string, by: number) => iso(Date.parse(`${d}T00:00:00Z`) + by * day)
  return { from: at(s.from, -n), to: at(s.from, -1) }
}

/** How much more or less than before, in basis points; null from nothing. */
export function change(now: number, then: number): number | null {
  return then === 0 ? null : Math.round(((now - then) * 10_000) / then)
}

/** Round steps for an axis from 0 to at least most. */
export function ticks(most: number): number[] {
  if (most <= 0) return [0, 1]
  const rough = most / 4
  const size = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, [1, 2, 5, 10].map((m) => m * size).find((s) => s >= rough)!)
  const out: number[] = []
  for (let v = 0; v < most + step; v += step) out.push(v)
  return out
}
