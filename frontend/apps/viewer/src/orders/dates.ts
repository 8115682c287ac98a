const day = 86_400_000

/** A day as people name it: "Fri, Nov 27". */
export function dayText(at: string, locale: string): string {
  const date = new Date(at)
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : 'numeric'
  return new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', weekday: 'short', year }).format(date)
}

/** A window of days: "Nov 25 – 27". */
export function daysText(from: string, to: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' }).formatRange(new Date(from), new Date(to))
}

/** A moment without its year: "Nov 22, 10:41". */
export function momentText(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at))
}

const startOfDay = (at: string) => {
  const d = new Date(at)
  d.setHours(0, 0, 0, 0)
  return d.getTime()
}

/** Days from one date to another in the viewer's zone; negative if to is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((startOfDay(to) - startOfDay(from)) / day)
}

/** How an arrival compares with what was promised: in the window, or so many days off. */
export function against(earliest: string, latest: string, actual: string): { how: 'early' | 'onTime' | 'lateBy'; n: number } {
  const late = daysBetween(latest, actual)
  if (late > 0) return { how: 'lateBy', n: late }
  const early = daysBetween(actual, earliest)
  return early > 0 ? { how: 'early', n: early } : { how: 'onTime', n: 0 }
}
