/** The name of the zone that this browser is in. */
export const zoneHere = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

/** An instant as a datetime-local field shows it, in this browser's zone. */
export function fieldOf(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
}

/** The instant that such a field means, or null. */
export function instantOf(field: string): Date | null {
  const at = new Date(field)
  return field && !Number.isNaN(at.getTime()) ? at : null
}

const year = 365 * 86_400_000
/** Why an instant cannot be scheduled; "" if it can. */
export function cannot(at: Date | null, now: number): '' | 'missing' | 'past' | 'far' {
  if (!at) return 'missing'
  if (at.getTime() <= now) return 'past'
  return at.getTime() > now + year ? 'far' : ''
}

/** The next full hour at least half an hour away. */
export function suggested(now: number): Date {
  return new Date(Math.ceil((now + 1_800_000) / 3_600_000) * 3_600_000)
}

/** An instant with its zone, in another zone's clock if it was meant there. */
export function zoned(at: string, zone: string | undefined, locale: string): string {
  const options: Intl.DateTimeFormatOptions = { year: 'numeric', month: 'short', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' }
  try {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: zone || undefined }).format(new Date(at))
  } catch {
    return new Intl.DateTimeFormat(locale, options).format(new Date(at)) // A zone this browser does not know.
  }
}
