import { decimal, parseMoney } from '@meadow/ui'
import type { BargainOffer, BargainTerms, Batch, BatchTerms, Cashback, CashbackPlan, FlashPlan, FlashSale, GroupBuy, GroupTerms, Money, NewPacket, Reduction, ReductionKind, ReductionTerms, Tier } from '@meadow/api/till'

/** What is typed into a campaign's form, as it was typed, for whichever kind. */
export interface Draft {
  name: string
  starts: string // as datetime-local has it, in the viewer's zone
  ends: string
  budget: string
  kind: ReductionKind
  how: 'off' | 'rate'
  tiers: { over: string; off: string; rate: string }[]
  each: boolean
  most: string
  level: string
  scope: 'all' | 'products' | 'categories'
  products: string[]
  categories: string[]
  alone: boolean
  apart: string[]
  platform: string // of a saving, what the platform bears, in per cent
  total: string
  perPerson: string
  validDays: string
  validUntil: string
  newOnly: boolean
  code: string
  items: { sku: string; price: string; n: string; limit: string }[]
  sku: string
  price: string
  seats: string
  hours: string
  limit: string
  units: string
  fresh: boolean
  start: string
  floor: string
  cuts: string
  newCuts: string
  stock: string
  atFloor: boolean
  shares: string
  split: 'equal' | 'lucky'
  audience: 'anyone' | 'followers'
  words: string
  /** Of whoever makes a packet, said again. */
  password: string
  rate: string
  least: string
}

const pad = (n: number) => String(n).padStart(2, '0')
/** An instant as datetime-local has it. */
export function local(at: string | undefined): string {
  if (!at) return ''
  const d = new Date(at)
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}T${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`
}
const instant = (typed: string) => new Date(typed).toISOString()

export function fresh(now = Date.now()): Draft {
  const hour = Math.ceil(now / 3_600_000) * 3_600_000
  return {
    name: '', starts: local(new Date(hour).toISOString()), ends: local(new Date(hour + 7 * 86_400_000).toISOString()), budget: '',
    kind: 'full_reduction', how: 'off', tiers: [{ over: '', off: '', rate: '' }], each: false, most: '', level: '1',
    scope: 'all', products: [], categories: [], alone: false, apart: [], platform: '',
    total: '1000', perPerson: '1', validDays: '7', validUntil: '', newOnly: false, code: '',
    items: [{ sku: '', price: '', n: '10', limit: '1' }], sku: '', price: '', seats: '3', hours: '24', limit: '1', units: '1', fresh: false,
    start: '', floor: '', cuts: '20', newCuts: '3', stock: '100', atFloor: false,
    shares: '50', split: 'lucky', audience: 'followers', words: '', password: '', rate: '', least: '',
  }
}

/** Reads numbers out of what was typed, and remembers which fields are wrong. */
export class Reader {
  readonly wrong: Record<string, 'need' | 'money' | 'number' | 'window'> = {}
  constructor(private readonly d: Draft, private readonly currency: string) {}

  money(key: string, typed: string): Money {
    const amount = parseMoney(typed, this.currency)
    if (amount === null) this.wrong[key] = typed.trim() ? 'money' : 'need'
    return { amount: amount ?? 0, currency: this.currency }
  }
  none(): Money {
    return { amount: 0, currency: this.currency }
  }
  maybe(key: string, typed: string): Money | undefined {
    return typed.trim() ? this.money(key, typed) : undefined
  }
  whole(key: string, typed: string, least = 1): number {
    const n = /^\s*\d{1,9}\s*$/.test(typed) ? Number(typed) : NaN
    if (Number.isNaN(n) || n < least) this.wrong[key] = typed.trim() ? 'number' : 'need'
    return Number.isNaN(n) ? 0 : n
  }
  /** A percentage as basis points. */
  percent(key: string, typed: string, most = 100): number {
    const n = /^\s*\d{1,3}(?:\.\d{1,2})?\s*$/.test(typed) ? Math.round(Number(typed) * 100) : NaN
    if (Number.isNaN(n) || n <= 0 || n > most * 100) this.wrong[key] = typed.trim() ? 'number' : 'need'
    return Number.isNaN(n) ? 0 : n
  }
  name(): string {
    if (!this.d.name.trim()) this.wrong.name = 'need'
    return this.d.name.trim()
  }
  window(): { from: string; to: string } {
    const { starts, ends } = this.d
    if (!starts) this.wrong.starts = 'need'
    if (!ends) this.wrong.ends = 'need'
    if (starts && ends && Date.parse(ends) <= Date.parse(starts)) this.wrong.ends = 'window'
    return { from: starts ? instant(starts) : '', to: ends ? instant(ends) : '' }
  }
  tiers(rates: boolean, free = false): Tier[] {
    return this.d.tiers.map((x, i) => ({
      over: x.over.trim() || !free ? this.money(`tiers.${i}.over`, x.over) : this.none(),
      ...(free ? {} : rates ? { rate: this.percent(`tiers.${i}.rate`, x.rate, 99) } : { off: this.money(`tiers.${i}.off`, x.off) }),
    }))
  }
  common() {
    const { d } = this
    const budget = this.maybe('budget', d.budget)
    const platform = d.platform.trim() ? this.percent('platform', d.platform) : 0
    return { ...(budget ? { budget } : {}), ...(d.alone ? { alone: true } : {}), ...(d.apart.length ? { apart: d.apart } : {}), ...(platform ? { platform } : {}) }
  }
}

export function reduction(d: Draft, r: Reader): ReductionTerms {
  const { from, to } = r.window()
  const most = r.maybe('most', d.most)
  const rates = d.kind === 'full_discount' || d.kind === 'member_price'
  if (d.scope === 'products' && !d.products.length) r.wrong.goods = 'need'
  if (d.scope === 'categories' && !d.categories.length) r.wrong.goods = 'need'
  return {
    kind: d.kind, name: r.name(), tiers: d.kind === 'member_price' ? [{ over: r.none(), rate: r.percent('tiers.0.rate', d.tiers[0]?.rate ?? '', 99) }] : r.tiers(rates, d.kind === 'free_shipping'),
    goods: d.scope === 'all' ? { all: true } : d.scope === 'products' ? { products: d.products } : { categories: d.categories },
    starts: from, ends: to, ...(d.each && d.kind === 'full_reduction' ? { each: true } : {}), ...(most ? { most } : {}),
    ...(d.kind === 'member_price' ? { level: r.whole('level', d.level) } : {}), ...r.common(),
  }
}

export function batch(d: Draft, r: Reader): BatchTerms {
  const { from, to } = r.window()
  const most = r.maybe('most', d.most)
  if (!d.validDays.trim() && !d.validUntil) r.wrong.validDays = 'need'
  if (d.scope === 'products' && !d.products.length) r.wrong.goods = 'need'
  if (d.scope === 'categories' && !d.categories.length) r.wrong.goods = 'need'
  return {
    name: r.name(), tiers: r.tiers(d.how === 'rate'), ...(most ? { most } : {}),
    ...(d.scope === 'products' ? { products: d.products } : d.scope === 'categories' ? { categories: d.categories } : {}),
    total: r.whole('total', d.total), per_person: r.whole('perPerson', d.perPerson), claim_from: from, claim_until: to,
    ...(d.validDays.trim() ? { valid_days: r.whole('validDays', d.validDays) } : {}), ...(d.validUntil ? { valid_until: instant(d.validUntil) } : {}),
    ...(d.newOnly ? { new_only: true } : {}), ...(d.code.trim() ? { code: d.code.trim() } : {}), ...r.common(),
  } as BatchTerms
}

export function flash(d: Draft, r: Reader): FlashPlan {
  const { from, to } = r.window()
  return {
    name: r.name(), start: from, end: to,
    items: d.items.map((x, i) => {
      if (!x.sku) r.wrong[`items.${i}.sku`] = 'need'
      return { sku: x.sku, price: r.money(`items.${i}.price`, x.price), n: r.whole(`items.${i}.n`, x.n), limit: r.whole(`items.${i}.limit`, x.limit) }
    }),
  }
}

export function group(d: Draft, r: Reader): GroupTerms {
  const { from, to } = r.window()
  if (!d.sku) r.wrong.sku = 'need'
  return { sku: d.sku, name: r.name(), price: r.money('price', d.price), seats: r.whole('seats', d.seats, 2), hours: r.whole('hours', d.hours), limit: r.whole('limit', d.limit), units: r.whole('units', d.units), fresh: d.fresh, start_at: from, end_at: to }
}

export function bargain(d: Draft, r: Reader): BargainTerms {
  const { from, to } = r.window()
  if (!d.sku) r.wrong.sku = 'need'
  return {
    sku: d.sku, name: r.name(), start: r.money('start', d.start), floor: r.money('floor', d.floor), cuts: r.whole('cuts', d.cuts), new_cuts: r.whole('newCuts', d.newCuts, 0),
    hours: r.whole('hours', d.hours), stock: r.whole('stock', d.stock), at_floor: d.atFloor, start_at: from, end_at: to,
  }
}

export function packet(d: Draft, r: Reader, source: 'shop' | 'platform'): NewPacket {
  const { from, to } = r.window()
  const seconds = from && to ? Math.round((Date.parse(to) - Math.max(Date.parse(from), Date.now())) / 1000) : 0
  if (source === 'shop' && !d.password) r.wrong.password = 'need'
  return { ...(source === 'shop' ? { password: d.password } : {}), total: r.money('price', d.price), shares: r.whole('shares', d.shares), split: d.split, audience: d.audience, source, words: d.words.trim(), open_at: from, seconds: Math.max(60, seconds) }
}

export function cashback(d: Draft, r: Reader): CashbackPlan {
  const { from, to } = r.window()
  const least = r.maybe('least', d.least)
  return { name: r.name(), rate: r.percent('rate', d.rate, 50), most: r.money('most', d.most), ...(least ? { least } : {}), merchants: [], budget: r.money('budget', d.budget), per_person: r.whole('perPerson', d.perPerson), starts_at: from, ends_at: to }
}

const typed = (m: Money | undefined) => (m && m.amount ? decimal(m) : '')
const percent = (bp: number | undefined) => (bp ? String(bp / 100) : '')
const tiersOf = (tiers: Tier[]) => tiers.map((x) => ({ over: x.over.amount ? decimal(x.over) : '', off: typed(x.off), rate: percent(x.rate) }))

export function ofReduction(c: Reduction): Draft {
  const g = c.goods
  return {
    ...fresh(), name: c.name, kind: c.kind as ReductionKind, starts: local(c.starts), ends: local(c.ends), tiers: tiersOf(c.tiers), each: c.each ?? false, most: typed(c.most), level: String(c.level ?? 1), budget: typed(c.budget),
    scope: g.all ? 'all' : g.products?.length ? 'products' : 'categories', products: g.products ?? [], categories: g.categories ?? [], alone: c.alone ?? false, apart: c.apart ?? [], platform: percent(c.platform),
  }
}

export function ofBatch(b: Batch): Draft {
  return {
    ...fresh(), name: b.name, how: b.tiers[0]?.rate ? 'rate' : 'off', starts: local(b.claim_from), ends: local(b.claim_until), tiers: tiersOf(b.tiers), most: typed(b.most), budget: typed(b.budget),
    scope: b.products?.length ? 'products' : b.categories?.length ? 'categories' : 'all', products: b.products ?? [], categories: b.categories ?? [], total: String(b.total), perPerson: String(b.per_person),
    validDays: b.valid_days ? String(b.valid_days) : '', validUntil: local(b.valid_until), newOnly: b.new_only ?? false, code: b.code ?? '', alone: b.alone ?? false, apart: b.apart ?? [], platform: percent(b.platform),
  }
}

export const ofFlash = (s: FlashSale): Draft => ({ ...fresh(), name: s.name, starts: local(s.start), ends: local(s.end), items: s.items.map((x) => ({ sku: x.sku, price: decimal(x.price), n: String(x.n), limit: String(x.limit) })) })
export const ofGroup = (g: GroupBuy): Draft => ({ ...fresh(), name: g.name, starts: local(g.start_at), ends: local(g.end_at), sku: g.sku, price: decimal(g.price), seats: String(g.seats), hours: String(g.hours), limit: String(g.limit), units: String(g.units), fresh: g.fresh })
export const ofBargain = (b: BargainOffer): Draft => ({ ...fresh(), name: b.name, starts: local(b.start_at), ends: local(b.end_at), sku: b.sku, start: decimal(b.start), floor: decimal(b.floor), cuts: String(b.cuts), newCuts: String(b.new_cuts), hours: String(b.hours), stock: String(b.stock), atFloor: b.at_floor })
export const ofCashback = (c: Cashback): Draft => ({ ...fresh(), name: c.name, starts: local(c.starts_at), ends: local(c.ends_at), rate: percent(c.rate), most: typed(c.most), least: typed(c.least), budget: typed(c.budget), perPerson: String(c.per_person) })
