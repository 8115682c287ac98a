import type { Choice } from '@meadow/api/buy'

/**
 * What this device ordered a moment ago. A reload, the back button or a second
 * tab then finds the order that waits for its money, and makes no other.
 */
interface Placed {
  what: string
  order: string
  at: number
}

const key = 'meadow.placed'
/** As long as an order waits for its money. */
const forget = 15 * 60_000

function all(now: number): Placed[] {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? '[]') as Placed[]).filter((p) => now - p.at < forget)
  } catch {
    return [] // storage is switched off, or holds something else
  }
}

function keep(placed: Placed[]): void {
  try {
    localStorage.setItem(key, JSON.stringify(placed.slice(-20)))
  } catch {
    // Then a reload does not know.
  }
}

/** Names what somebody chooses, in whatever order. */
export function whatIs(user: string, lines: readonly Choice[]): string {
  const of = (c: Choice) => [c.sku, c.n, c.deal?.kind ?? '', c.deal?.id ?? '', c.deal?.team ?? ''].join(':')
  return `${user} ${lines.map(of).toSorted().join(' ')}`
}

/** The order of the same choice that was placed since an instant. */
export function recall(what: string, since = 0, now = Date.now()): string | undefined {
  return all(now).findLast((p) => p.what === what && p.at >= since)?.order
}

export function remember(what: string, order: string, now = Date.now()): void {
  keep([...all(now).filter((p) => p.order !== order), { what, order, at: now }])
}

export function forgetOrder(order: string): void {
  keep(all(Date.now()).filter((p) => p.order !== order))
}

/**
 * Places an order unless another tab of this device has placed the same since
 * this one was opened: then it is that one.
 */
export function placeOnce(what: string, since: number, run: () => Promise<string>): Promise<string> {
  const once = async () => {
    const made = recall(what, since)
    if (made) return made
    const order = await run()
    remember(what, order)
    return order
  }
  const locks = globalThis.navigator?.locks as LockManager | undefined // only where the page came safely
  return locks ? locks.request('meadow.place', once) : once()
}
