import type { Parcel, ParcelLine, Units } from '@meadow/api/shop'

/** How many units of a line are still to be sent. */
export const left = (l: ParcelLine): number => l.n - l.sent - l.dropped
/** Whether anything of a parcel can be sent now. */
export const sendable = (p: Parcel): boolean => (p.state === 'waiting' || p.state === 'partly_shipped') && p.lines.some((l) => left(l) > 0)
/** Whether a parcel should have been sent by now. */
export const late = (p: Parcel, now = Date.now()): boolean => sendable(p) && Date.parse(p.ship_by) < now
/** All units of a parcel, whether sent or not. */
export const unitsOf = (p: Parcel): number => p.lines.reduce((n, l) => n + l.n - l.dropped, 0)

/** The units to ask for, from how many of each line were typed; null if a number is none, or nothing is left. */
export function units(lines: readonly ParcelLine[], typed: ReadonlyMap<number, number>): Units[] | null {
  const out: Units[] = []
  for (const l of lines) {
    const n = typed.get(l.index) ?? 0
    if (!Number.isInteger(n) || n < 0 || n > left(l)) return null
    if (n > 0) out.push({ line: l.index, n })
  }
  return out.length ? out : null
}

export interface Happening { at: string; what: string; by: string; text: string; from: 'log' | 'carrier'; tracking: string }

/** All that happened to a parcel, the latest first: its own log, and what carriers said. */
export function timeline(p: Parcel): Happening[] {
  const own = p.log.map((s): Happening => ({ at: s.at, what: s.what, by: s.by, text: s.text ?? '', from: 'log', tracking: '' }))
  const said = p.shipments.flatMap((b) => b.events.map((e): Happening => ({ at: e.at, what: e.state, by: 'carrier', text: [e.place, e.text].filter(Boolean).join(' · '), from: 'carrier', tracking: b.tracking })))
  return [...own, ...said].toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
}
