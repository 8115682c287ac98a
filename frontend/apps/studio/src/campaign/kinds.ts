import { promoApi, type Money, type Page } from '@meadow/api/till'

/** What a campaign is, by how it is kept. */
export type Type = 'reduction' | 'coupon' | 'flash' | 'group' | 'bargain' | 'packet' | 'cashback'
export const shopTypes: readonly Type[] = ['reduction', 'coupon', 'flash', 'group', 'bargain', 'packet']
export const deskTypes: readonly Type[] = ['reduction', 'coupon', 'cashback', 'group', 'bargain', 'packet']

/** Where a campaign is, by its state and its window. */
export type Phase = 'draft' | 'waiting' | 'soon' | 'running' | 'over' | 'stopped' | 'killed'
export const phases: readonly Phase[] = ['draft', 'waiting', 'soon', 'running', 'stopped', 'over', 'killed']

export interface Row {
  id: string
  type: Type
  kind: string // how it is called: the type, or which reduction
  name: string
  phase: Phase
  merchant: string // "" is the platform's
  starts: string
  ends: string
  budget?: Money
  spent?: Money
  /** What it has brought, in words of till.promo.result. */
  result?: { key: string; n: number; of?: number }
}

export function phaseOf(state: string, starts: string, ends: string, now = Date.now()): Phase {
  if (state === 'draft' || state === 'funding') return 'draft'
  if (state === 'waiting') return Date.parse(ends) <= now ? 'over' : 'waiting'
  if (state === 'killed' || state === 'failed') return 'killed'
  if (state === 'stopped') return 'stopped'
  if (state === 'ended' || Date.parse(ends) <= now) return 'over'
  return Date.parse(starts) > now ? 'soon' : 'running'
}

type Ask = { after: string; limit: number }
type Load = (ask: Ask) => Promise<Page<Row>>
const page = <T>(load: Promise<Page<T>>, row: (x: T) => Row): Promise<Page<Row>> => load.then((p) => ({ items: p.items.map(row), ...(p.next ? { next: p.next } : {}) }))

/** How each type is listed, for a shop or for the whole. */
export function loader(type: Type, desk: boolean): Load {
  switch (type) {
    case 'reduction':
      return (ask) => page((desk ? promoApi.allReductions : promoApi.reductions)(ask), (c) => ({ id: c.id, type, kind: c.kind, name: c.name, phase: phaseOf(c.state, c.starts, c.ends), merchant: c.merchant ?? '', starts: c.starts, ends: c.ends, ...(c.budget?.amount ? { budget: c.budget } : {}), ...(c.saved ? { spent: c.saved } : {}), result: { key: 'orders', n: c.orders } }))
    case 'coupon':
      return (ask) => page(promoApi.batches({ ...ask, ...(desk ? { scope: 'platform' as const } : {}) }), (b) => ({ id: b.id, type, kind: type, name: b.name, phase: phaseOf(b.state, b.claim_from, b.claim_until), merchant: b.merchant ?? '', starts: b.claim_from, ends: b.claim_until, ...(b.budget?.amount ? { budget: b.budget } : {}), ...(b.counts.spent?.currency ? { spent: b.counts.spent } : {}) }))
    case 'flash':
      return (ask) => page(promoApi.flashSales(ask), (s) => ({ id: s.id, type, kind: type, name: s.name, phase: phaseOf(s.state, s.start, s.end), merchant: s.merchant, starts: s.start, ends: s.end, ...(s.counts?.length ? { result: { key: 'sold', n: s.counts.reduce((n, c) => n + c.sold, 0), of: s.items.reduce((n, c) => n + c.n, 0) } } : {}) }))
    case 'group':
      return (ask) => page((desk ? promoApi.allGroupBuys : promoApi.groupBuys)(ask), (g) => ({ id: g.id, type, kind: type, name: g.name, phase: phaseOf(g.state, g.start_at, g.end_at), merchant: g.merchant, starts: g.start_at, ends: g.end_at }))
    case 'bargain':
      return (ask) => page((desk ? promoApi.allBargains : promoApi.bargains)(ask), (b) => ({ id: b.id, type, kind: type, name: b.name, phase: phaseOf(b.state, b.start_at, b.end_at), merchant: b.merchant, starts: b.start_at, ends: b.end_at, result: { key: 'begun', n: Math.max(0, b.stock - b.left), of: b.stock } }))
    case 'packet':
      return (ask) => page(promoApi.packets(ask), (p) => ({ id: p.id, type, kind: type, name: p.words || p.id, phase: phaseOf(p.state, p.open_at, p.expires_at), merchant: p.source === 'platform' ? '' : 'own', starts: p.open_at, ends: p.expires_at, budget: p.total, result: { key: 'grabbed', n: p.shares - p.left, of: p.shares } }))
    case 'cashback':
      return (ask) => page(promoApi.cashbacks(ask), (c) => ({ id: c.id, type, kind: type, name: c.name, phase: phaseOf(c.state, c.starts_at, c.ends_at), merchant: '', starts: c.starts_at, ends: c.ends_at, ...(c.budget ? { budget: c.budget } : {}), ...(c.budget && c.left ? { spent: { amount: c.budget.amount - c.left.amount, currency: c.budget.currency } } : {}) }))
  }
}

/** All types in one list: a page is a page of each that has more, the latest first. */
export async function loadAll(types: readonly Type[], desk: boolean, { after, limit }: Ask): Promise<Page<Row>> {
  const at = after ? (JSON.parse(after) as Partial<Record<Type, string>>) : Object.fromEntries(types.map((x) => [x, '']))
  const open = types.filter((x) => at[x] !== undefined)
  const pages = await Promise.all(open.map((x) => loader(x, desk)({ after: at[x]!, limit })))
  const next = Object.fromEntries(open.flatMap((x, i) => (pages[i]!.next ? [[x, pages[i]!.next]] : [])))
  return { items: pages.flatMap((p) => p.items).toSorted((a, b) => Date.parse(b.starts) - Date.parse(a.starts)), ...(Object.keys(next).length ? { next: JSON.stringify(next) } : {}) }
}
