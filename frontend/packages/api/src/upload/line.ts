/** Where a file on its way stands. "missing" waits for somebody to choose it again. */
export type Step = 'waiting' | 'uploading' | 'paused' | 'offline' | 'missing' | 'checking' | 'transcoding' | 'ready' | 'rejected'

/** What is said of one file while it travels. */
export interface Line {
  step: Step
  size: number
  sent: number
  /** Of the server's step, once all bytes are there. */
  percent: number
  reason: string
  /** What had been sent when, over the last seconds. */
  marks: readonly { at: number; sent: number }[]
}

export type Happening =
  | { is: 'begun' }
  | { is: 'moved'; sent: number; at: number }
  | { is: 'lost' }
  | { is: 'paused' }
  | { is: 'resumed' }
  | { is: 'arrived' }
  | { is: 'told'; step: 'uploading' | 'checking' | 'transcoding' | 'ready' | 'rejected'; percent: number; sent: number; reason: string }
  | { is: 'refused'; reason: string }

/** How far back speed looks, in milliseconds. */
const window = 5000

export function lineOf(size: number, step: Step = 'waiting', sent = 0): Line {
  return { step, size, sent, percent: 0, reason: '', marks: [] }
}

/** Whether nothing more will happen by itself. */
export const over = (l: Line): boolean => l.step === 'ready' || l.step === 'rejected'

/** Whether bytes are on their way, so that leaving would cut them. */
export const moving = (l: Line): boolean => l.step === 'uploading' || l.step === 'waiting'

/** Whether the server has all bytes and works on them. */
export const working = (l: Line): boolean => l.step === 'checking' || l.step === 'transcoding'

/** The line after something happened. What comes too late changes nothing. */
export function next(l: Line, h: Happening): Line {
  if (over(l)) return l
  switch (h.is) {
    case 'begun':
      return { ...l, step: 'uploading', reason: '', marks: [] }
    case 'moved': {
      if (l.step !== 'uploading' && l.step !== 'offline' && l.step !== 'waiting') return l
      const marks = [...l.marks.filter((m) => h.at - m.at <= window && m.sent <= h.sent), { at: h.at, sent: h.sent }]
      return { ...l, step: 'uploading', sent: Math.min(h.sent, l.size), marks }
    }
    case 'lost':
      return l.step === 'uploading' || l.step === 'waiting' ? { ...l, step: 'offline', marks: [] } : l
    case 'paused':
      return l.step === 'uploading' || l.step === 'offline' || l.step === 'waiting' ? { ...l, step: 'paused', marks: [] } : l
    case 'resumed':
      return l.step === 'paused' || l.step === 'missing' || l.step === 'offline' ? { ...l, step: 'uploading', marks: [] } : l
    case 'arrived':
      return { ...l, step: 'checking', sent: l.size, percent: 0, marks: [] }
    case 'told':
      if (h.step === 'uploading') return { ...l, sent: Math.max(0, Math.min(h.sent, l.size)) }
      return { ...l, step: h.step, percent: h.percent, reason: h.reason, sent: h.step === 'rejected' ? l.sent : l.size }
    case 'refused':
      return { ...l, step: 'rejected', reason: h.reason, marks: [] }
  }
}

/** Bytes a second over the last moments, 0 while that is not known. */
export function speed(l: Line): number {
  const [first, last] = [l.marks[0], l.marks.at(-1)]
  if (!first || !last || last.at - first.at < 300) return 0
  return ((last.sent - first.sent) * 1000) / (last.at - first.at)
}

/** Seconds until all bytes are there, or null while that is not known. */
export function secondsLeft(l: Line): number | null {
  const s = speed(l)
  return s > 0 ? Math.ceil((l.size - l.sent) / s) : null
}

/** How much of the step is done, from 0 to 100. */
export function percentOf(l: Line): number {
  if (l.step === 'ready') return 100
  if (working(l)) return l.percent
  return l.size ? Math.floor((l.sent * 100) / l.size) : 0
}
