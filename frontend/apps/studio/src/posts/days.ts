/** A day of the calendar: 2026-11-22 in the zone of this browser. */
export type DayKey = string

const two = (n: number) => String(n).padStart(2, '0')
export const keyOf = (d: Date): DayKey => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`
export const dayOf = (key: DayKey): Date => {
  const [y, m, d] = key.split('-').map(Number)
  return new Date(y!, m! - 1, d!)
}

/** The weeks that a month touches, each of seven days; first is 0 for Sunday, 1 for Monday. */
export function weeks(year: number, month: number, first: number): DayKey[][] {
  const start = new Date(year, month, 1)
  start.setDate(1 - ((start.getDay() - first + 7) % 7))
  const out: DayKey[][] = []
  for (const day = new Date(start); day <= new Date(year, month + 1, 0) || out.length === 0; ) {
    const week: DayKey[] = []
    for (let i = 0; i < 7; i++) {
      week.push(keyOf(day))
      day.setDate(day.getDate() + 1)
    }
    out.push(week)
  }
  return out
}

/** The day that a key leads to, or null for a key that leads nowhere. */
export function stepped(from: DayKey, key: string, first: number): DayKey | null {
  const d = dayOf(from)
  const inWeek = (d.getDay() - first + 7) % 7
  const by: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, Home: -inWeek, End: 6 - inWeek }
  if (key === 'PageUp' || key === 'PageDown') {
    const to = new Date(d.getFullYear(), d.getMonth() + (key === 'PageUp' ? -1 : 1), 1)
    to.setDate(Math.min(d.getDate(), new Date(to.getFullYear(), to.getMonth() + 1, 0).getDate()))
    return keyOf(to)
  }
  if (by[key] === undefined) return null
  d.setDate(d.getDate() + by[key])
  return keyOf(d)
}

/** Things by the day they fall on, each day in order of time. */
export function byDay<T extends { at: string }>(items: readonly T[]): Map<DayKey, T[]> {
  const out = new Map<DayKey, T[]>()
  for (const it of items.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    const key = keyOf(new Date(it.at))
    out.set(key, [...(out.get(key) ?? []), it])
  }
  return out
}

/** The first day of a week where a language is spoken. */
export function firstDay(locale: string): number {
  return locale.startsWith('zh') ? 1 : 0
}
