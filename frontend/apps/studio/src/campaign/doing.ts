import { ApiError } from '@meadow/api'
import { promoApi, type BargainOffer, type BargainTerms, type Batch, type BatchTerms, type Cashback, type CashbackPlan, type FlashPlan, type FlashSale, type GroupBuy, type GroupTerms, type NewPacket, type Packet, type Reduction, type ReductionTerms, type Turn } from '@meadow/api/till'
import * as d from './draft'
import { phaseOf, type Phase, type Type } from './kinds'

/** How each type of campaign is read, written and turned on and off. */
export interface Doing {
  load: (id: string) => Promise<{ id: string }>
  draft: (of: never) => d.Draft
  phase: (of: never) => Phase
  terms: (draft: d.Draft, reader: d.Reader, platform: boolean) => unknown
  make: (terms: never, platform: boolean, key: string) => Promise<{ id: string }>
  edit?: (id: string, terms: never) => Promise<unknown>
  turns: readonly Turn[]
  turn: (id: string, turn: Turn, accept: boolean, key: string) => Promise<unknown>
  /** Whether its terms may still change. */
  editable: (p: Phase) => boolean
}

const draftOnly = (p: Phase) => p === 'draft'

/** A cashback campaign is read from its list: there is no other way. */
async function cashbackOf(id: string): Promise<Cashback> {
  for (let after = ''; ; ) {
    const page = await promoApi.cashbacks({ after, limit: 50 })
    const found = page.items.find((c) => c.id === id)
    if (found) return found
    after = page.next ?? ''
    if (!after) throw new ApiError(404, 'not_found', 'no_such_cashback', '')
  }
}

export const doings: Record<Type, Doing> = {
  reduction: {
    load: promoApi.reduction, draft: d.ofReduction as never, phase: ((c: Reduction) => phaseOf(c.state, c.starts, c.ends)) as never,
    terms: (x, r) => d.reduction(x, r),
    make: ((terms: ReductionTerms, platform: boolean, key: string) => promoApi.draftReduction(platform ? { ...terms, of_platform: true } : terms, key)) as never,
    edit: promoApi.editReduction as never, turns: ['start', 'stop'],
    turn: (id, turn, accept, key) => (turn === 'start' ? promoApi.startReduction(id, accept, key) : promoApi.stopReduction(id, key)),
    editable: (p) => p !== 'running' && p !== 'soon' && p !== 'killed' && p !== 'waiting',
  },
  coupon: {
    load: promoApi.batch, draft: d.ofBatch as never, phase: ((b: Batch) => phaseOf(b.state, b.claim_from, b.claim_until)) as never,
    terms: (x, r) => d.batch(x, r),
    make: ((terms: BatchTerms, platform: boolean, key: string) => promoApi.draftBatch({ ...terms, scope: platform ? 'platform' : 'merchant' }, key)) as never,
    edit: promoApi.editBatch as never, turns: ['start', 'stop', 'kill'], turn: (id, turn) => promoApi.turnBatch(id, turn), editable: draftOnly,
  },
  flash: {
    load: promoApi.flashSale, draft: d.ofFlash as never, phase: ((s: FlashSale) => phaseOf(s.state, s.start, s.end)) as never,
    terms: (x, r) => d.flash(x, r), make: ((terms: FlashPlan, _: boolean, key: string) => promoApi.draftFlash(terms, key)) as never,
    edit: promoApi.editFlash as never, turns: ['start', 'stop', 'kill'], turn: (id, turn) => promoApi.turnFlash(id, turn), editable: draftOnly,
  },
  group: {
    load: promoApi.groupBuy, draft: d.ofGroup as never, phase: ((g: GroupBuy) => phaseOf(g.state, g.start_at, g.end_at)) as never,
    terms: (x, r) => d.group(x, r), make: ((terms: GroupTerms, _: boolean, key: string) => promoApi.draftGroup(terms, key)) as never,
    edit: promoApi.editGroup as never, turns: ['start', 'stop', 'kill'], turn: (id, turn) => promoApi.turnGroup(id, turn), editable: draftOnly,
  },
  bargain: {
    load: promoApi.bargain, draft: d.ofBargain as never, phase: ((b: BargainOffer) => phaseOf(b.state, b.start_at, b.end_at)) as never,
    terms: (x, r) => d.bargain(x, r), make: ((terms: BargainTerms, _: boolean, key: string) => promoApi.draftBargain(terms, key)) as never,
    edit: promoApi.editBargain as never, turns: ['start', 'stop', 'kill'], turn: (id, turn) => promoApi.turnBargain(id, turn), editable: draftOnly,
  },
  packet: {
    load: promoApi.packet, draft: ((p: Packet) => ({ ...d.fresh(), words: p.words, price: String(p.total.amount / 100), shares: String(p.shares), split: p.split, audience: p.audience, starts: d.local(p.open_at), ends: d.local(p.expires_at) })) as never,
    phase: ((p: Packet) => phaseOf(p.state, p.open_at, p.expires_at)) as never,
    terms: (x, r, platform) => d.packet(x, r, platform ? 'platform' : 'shop'), make: ((terms: NewPacket, _: boolean, key: string) => promoApi.makePacket(terms, key)) as never,
    turns: [], turn: () => Promise.resolve(), editable: () => false,
  },
  cashback: {
    load: cashbackOf, draft: d.ofCashback as never, phase: ((c: Cashback) => phaseOf(c.state, c.starts_at, c.ends_at)) as never,
    terms: (x, r) => d.cashback(x, r), make: ((terms: CashbackPlan, _: boolean, key: string) => promoApi.draftCashback(terms, key)) as never,
    turns: ['start', 'stop'], turn: (id, turn) => promoApi.turnCashback(id, turn === 'start' ? 'start' : 'stop'), editable: () => false,
  },
}

/** Which of its turns a campaign may take now; own is that the reader asked for the start that waits. */
export function turnsOf(doing: Doing, phase: Phase, operator: boolean, type: Type, own = false): Turn[] {
  if (phase === 'waiting') return [...(own && !operator ? [] : (['start'] as const)), 'stop', ...(operator ? (['kill'] as const) : [])]
  const may = new Set<Turn>(phase === 'draft' ? ['start'] : phase === 'stopped' ? ['start', 'kill'] : phase === 'running' || phase === 'soon' ? ['stop', 'kill'] : [])
  if (type === 'cashback' && phase === 'stopped') may.delete('start')
  if (type === 'reduction' && operator && phase !== 'killed') return [...doing.turns.filter((x) => may.has(x)), 'kill']
  return doing.turns.filter((x) => may.has(x))
}
