import { client, done } from './client'
import type { components, paths } from './schema'
import type { Money, Page } from './types'

type S = components['schemas']
type Body<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { requestBody: { content: { 'application/json': infer B } } } ? B : never
type Ask = { after?: string; limit?: number }

const v1 = '/api/v1'
const of = (id: string) => ({ params: { path: { id } } })
const asked = <Q extends object>(query: Q) => ({ params: { query } })
const keyed = (key: string) => ({ params: { header: { 'Idempotency-Key': key } } })
const both = (id: string, key: string) => ({ params: { path: { id }, header: { 'Idempotency-Key': key } } })
const list = <Q extends object>(id: string, query: Q) => ({ params: { path: { id }, query } })

export type Reduction = S['FullreductionCampaign']
export type ReductionTerms = Body<`${typeof v1}/shop/campaigns/{id}`, 'put'>
export type ReductionKind = 'full_reduction' | 'full_discount' | 'member_price' | 'free_shipping'
export type Preview = S['FullreductionPreview']
export type Tier = S['PromoTier']
export type Batch = S['CouponBatch']
export type BatchTerms = Body<`${typeof v1}/shop/coupon-batches/{id}`, 'put'>
export type FlashSale = S['FlashsaleSale']
export type FlashPlan = Body<`${typeof v1}/shop/flash-sales/{id}`, 'put'>
export type GroupBuy = S['GroupbuyOffer']
export type GroupTerms = Body<`${typeof v1}/shop/groupbuys/{id}`, 'put'>
export type Team = S['GroupbuyTeam']
export type BargainOffer = S['BargainOffer']
export type BargainTerms = Body<`${typeof v1}/shop/bargains/{id}`, 'put'>
export type Bargain = S['Bargain']
export type Packet = S['RedpacketPacket']
export type NewPacket = Body<`${typeof v1}/promo/redpackets`, 'post'>
export type Share = S['RedpacketShare']
export type Cashback = S['CashbackCampaign']
export type CashbackPlan = Body<`${typeof v1}/desk/cashbacks`, 'post'>
export type Promise_ = S['CashbackGrant']
export type InviteReward = S['InviteReward']
export type InviteGrowth = S['InviteGrowth']
export type GroupRisk = S['GroupbuyRisk']
export type Turn = 'start' | 'stop' | 'kill'

export type As = 'creator' | 'merchant' | 'wallet'
export type Balance = S['LedgerBalance']
export type Item = S['LedgerItem']
export type Totals = S['LedgerTotals']
export type LedgerLine = S['LedgerLine']
export type PayoutAccount = S['LedgerPayoutAccount']
export type Payout = S['LedgerPayout']
export type PayoutState = 'requested' | 'approved' | 'sent' | 'paid' | 'failed'
export type Entry = S['LedgerEntry']
export type LedgerDay = S['LedgerDay']
export type LedgerDifference = S['LedgerDifference']
export type TillDifference = S['CheckoutDifference']
export type DeskPayment = S['CheckoutDeskPayment']
export type PaymentState = 'pending' | 'succeeded' | 'failed' | 'frozen' | 'returned'
export type Trial = S['LedgerTrial']
export type Terms = S['LedgerTerms']
export type Dispute = S['AfterSale']
export type { Money, Page }

/** A shop's campaigns, and the platform's. */
export const promoApi = {
  reductions: (query: Ask) => done<Page<Reduction>>(client.GET(`${v1}/shop/campaigns`, asked(query))),
  allReductions: (query: Ask) => done<Page<Reduction>>(client.GET(`${v1}/desk/campaigns`, asked(query))),
  reduction: (id: string) => done<Reduction>(client.GET(`${v1}/shop/campaigns/{id}`, of(id))),
  preview: (body: Body<`${typeof v1}/shop/campaign-preview`, 'post'>) => done<Preview>(client.POST(`${v1}/shop/campaign-preview`, { body })),
  draftReduction: (body: ReductionTerms & { of_platform?: boolean }, key: string) => done<Reduction>(client.POST(`${v1}/shop/campaigns`, { ...keyed(key), body })),
  editReduction: (id: string, body: ReductionTerms) => done<Reduction>(client.PUT(`${v1}/shop/campaigns/{id}`, { ...of(id), body })),
  startReduction: (id: string, accept: boolean, key: string) => done<Reduction>(client.POST(`${v1}/shop/campaigns/{id}/start`, { ...both(id, key), body: { accept } })),
  stopReduction: (id: string, key: string) => done<Reduction>(client.POST(`${v1}/shop/campaigns/{id}/stop`, both(id, key))),
  killReduction: (id: string, reason: string, key: string) => done<Reduction>(client.POST(`${v1}/desk/campaigns/{id}/kill`, { ...both(id, key), body: { reason } })),

  batches: (query: Ask & { scope?: 'merchant' | 'platform' }) => done<Page<Batch>>(client.GET(`${v1}/shop/coupon-batches`, asked(query))),
  batch: (id: string) => done<Batch>(client.GET(`${v1}/shop/coupon-batches/{id}`, of(id))),
  draftBatch: (body: BatchTerms & { scope: 'merchant' | 'platform' }, key: string) => done<Batch>(client.POST(`${v1}/shop/coupon-batches`, { ...keyed(key), body })),
  editBatch: (id: string, body: BatchTerms) => done<Batch>(client.PUT(`${v1}/shop/coupon-batches/{id}`, { ...of(id), body })),
  turnBatch: (id: string, turn: Turn) => done<Batch>(client.POST(`${v1}/shop/coupon-batches/{id}/${turn}` as `${typeof v1}/shop/coupon-batches/{id}/start`, of(id))),

  flashSales: (query: Ask) => done<Page<FlashSale>>(client.GET(`${v1}/shop/flash-sales`, asked(query))),
  flashSale: (id: string) => done<FlashSale>(client.GET(`${v1}/shop/flash-sales/{id}`, of(id))),
  draftFlash: (body: FlashPlan, key: string) => done<FlashSale>(client.POST(`${v1}/shop/flash-sales`, { ...keyed(key), body })),
  editFlash: (id: string, body: FlashPlan) => done<FlashSale>(client.PUT(`${v1}/shop/flash-sales/{id}`, { ...of(id), body })),
  turnFlash: (id: string, turn: Turn) => done<FlashSale>(client.POST(`${v1}/shop/flash-sales/{id}/${turn}` as `${typeof v1}/shop/flash-sales/{id}/start`, of(id))),

  groupBuys: (query: Ask) => done<Page<GroupBuy>>(client.GET(`${v1}/shop/groupbuys`, asked(query))),
  allGroupBuys: (query: Ask) => done<Page<GroupBuy>>(client.GET(`${v1}/desk/groupbuys`, asked(query))),
  groupBuy: (id: string) => done<GroupBuy>(client.GET(`${v1}/promo/groupbuys/{id}`, of(id))),
  draftGroup: (body: GroupTerms, key: string) => done<GroupBuy>(client.POST(`${v1}/shop/groupbuys`, { ...keyed(key), body })),
  editGroup: (id: string, body: GroupTerms) => done<GroupBuy>(client.PUT(`${v1}/shop/groupbuys/{id}`, { ...of(id), body })),
  turnGroup: (id: string, turn: Turn) => done<GroupBuy>(client.POST(`${v1}/shop/groupbuys/{id}/${turn}` as `${typeof v1}/shop/groupbuys/{id}/start`, of(id))),
  teams: (id: string, query: Ask) => done<Page<Team>>(client.GET(`${v1}/shop/groupbuys/{id}/teams`, list(id, query))),
  groupRisks: (query: Ask) => done<Page<GroupRisk>>(client.GET(`${v1}/desk/groupbuy-risks`, asked(query))),

  bargains: (query: Ask) => done<Page<BargainOffer>>(client.GET(`${v1}/shop/bargains`, asked(query))),
  allBargains: (query: Ask) => done<Page<BargainOffer>>(client.GET(`${v1}/desk/bargains`, asked(query))),
  bargain: (id: string) => done<BargainOffer>(client.GET(`${v1}/promo/bargain-offers/{id}`, of(id))),
  draftBargain: (body: BargainTerms, key: string) => done<BargainOffer>(client.POST(`${v1}/shop/bargains`, { ...keyed(key), body })),
  editBargain: (id: string, body: BargainTerms) => done<BargainOffer>(client.PUT(`${v1}/shop/bargains/{id}`, { ...of(id), body })),
  turnBargain: (id: string, turn: Turn) => done<BargainOffer>(client.POST(`${v1}/shop/bargains/{id}/${turn}` as `${typeof v1}/shop/bargains/{id}/start`, of(id))),
  begun: (id: string, query: Ask) => done<Page<Bargain>>(client.GET(`${v1}/shop/bargains/{id}/bargains`, list(id, query))),

  packets: (query: Ask) => done<Page<Packet>>(client.GET(`${v1}/promo/redpackets`, asked(query))),
  packet: (id: string) => done<Packet>(client.GET(`${v1}/promo/redpackets/{id}`, of(id))),
  makePacket: (body: NewPacket, key: string) => done<Packet>(client.POST(`${v1}/promo/redpackets`, { ...keyed(key), body })),
  shares: (id: string, query: Ask) => done<Page<Share>>(client.GET(`${v1}/promo/redpackets/{id}/shares`, list(id, query))),

  cashbacks: (query: Ask) => done<Page<Cashback>>(client.GET(`${v1}/desk/cashbacks`, asked(query))),
  draftCashback: (body: CashbackPlan, key: string) => done<Cashback>(client.POST(`${v1}/desk/cashbacks`, { ...keyed(key), body })),
  turnCashback: (id: string, turn: 'start' | 'stop') => done<Cashback>(client.POST(`${v1}/desk/cashbacks/{id}/${turn}` as `${typeof v1}/desk/cashbacks/{id}/start`, of(id))),
  promises: (id: string, query: Ask) => done<Page<Promise_>>(client.GET(`${v1}/desk/cashbacks/{id}/grants`, list(id, query))),
  heldInvites: (query: Ask) => done<Page<InviteReward>>(client.GET(`${v1}/desk/invites/held`, asked(query))),
  decideInvite: (id: string, body: { pay: boolean; note: string }, key: string) => done<InviteReward>(client.POST(`${v1}/desk/invites/{id}/decision`, { ...both(id, key), body })),
  inviteGrowth: (days: number) => done<InviteGrowth>(client.GET(`${v1}/desk/invites/growth`, asked({ days }))),
  grantPoints: (body: { user: string; n: number; note: string }, key: string) => done<S['PointsMove']>(client.POST(`${v1}/desk/points`, { ...keyed(key), body })),
}

/** What somebody has earned, and how they get it. */
export const purseApi = {
  balances: (as: As) => done<{ items: Balance[]; least: number }>(client.GET(`${v1}/ledger/balances`, asked({ as }))),
  moves: (query: Ask & { as: As; pot: 'held' | 'earned' | 'reserve' }) => done<Page<LedgerLine>>(client.GET(`${v1}/ledger/lines`, asked(query))),
  statement: (query: Ask & { as: 'creator' | 'merchant'; from?: string; before?: string }) => done<Page<Item>>(client.GET(`${v1}/ledger/statement`, asked(query))),
  sheet: (query: { after?: string; as: 'creator' | 'merchant'; from?: string; before?: string }) => done<S['LedgerSheet']>(client.GET(`${v1}/ledger/statement/sheet`, asked(query))),
  totals: (query: { as: 'creator' | 'merchant'; from?: string; before?: string }) => done<{ items: Totals[] }>(client.GET(`${v1}/ledger/statement/totals`, asked(query))),
  account: (as: As) => done<PayoutAccount>(client.GET(`${v1}/ledger/payout-account`, asked({ as }))),
  setAccount: (body: Body<`${typeof v1}/ledger/payout-account`, 'put'>, key: string) => done<PayoutAccount>(client.PUT(`${v1}/ledger/payout-account`, { ...keyed(key), body })),
  ask: (body: Body<`${typeof v1}/ledger/payouts`, 'post'>, key: string) => done<Payout>(client.POST(`${v1}/ledger/payouts`, { ...keyed(key), body })),
  payouts: (query: Ask & { as: As }) => done<Page<Payout>>(client.GET(`${v1}/ledger/payouts`, asked(query))),
}

/** What operators do about money. */
export const tillApi = {
  payments: (query: Ask & { state?: PaymentState; find?: string }) => done<Page<DeskPayment>>(client.GET(`${v1}/desk/payments`, asked(query))),
  differences: (query: Ask & { resolved?: boolean }) => done<Page<TillDifference>>(client.GET(`${v1}/desk/differences`, asked(query))),
  resolve: (id: string, note: string, key: string) => done<TillDifference>(client.POST(`${v1}/desk/differences/{id}/resolution`, { ...both(id, key), body: { note } })),
  bookDifferences: (query: Ask) => done<Page<LedgerDifference>>(client.GET(`${v1}/desk/ledger/differences`, asked(query))),
  closeDifference: (id: string, note: string) => done<LedgerDifference>(client.POST(`${v1}/desk/ledger/differences/{id}/close`, { ...of(id), body: { note } })),
  days: (query: Ask & { provider?: string }) => done<Page<LedgerDay>>(client.GET(`${v1}/desk/ledger/days`, asked(query))),
  trial: () => done<Trial>(client.GET(`${v1}/ledger/trial`)),
  entries: (query: Ask & { account?: string; order?: string }) => done<Page<Entry>>(client.GET(`${v1}/desk/ledger/entries`, asked(query))),
  debts: (query: Ask & { currency?: string }) => done<Page<Balance>>(client.GET(`${v1}/desk/ledger/debts`, asked(query))),
  terms: (merchant: string) => done<Terms>(client.GET(`${v1}/desk/ledger/terms/{id}`, of(merchant))),
  setTerms: (merchant: string, days: number) => done<Terms>(client.PUT(`${v1}/desk/ledger/terms/{id}`, { ...of(merchant), body: { days } })),
  setAside: (body: { payee: string; amount: Money; reason: string }, key: string) => done<Entry>(client.POST(`${v1}/desk/ledger/reserves`, { ...keyed(key), body })),
  writeOff: (body: { payee: string; amount: Money; reason: string }, key: string) => done<Entry>(client.POST(`${v1}/desk/ledger/writeoffs`, { ...keyed(key), body })),
  payouts: (query: Ask & { state?: PayoutState }) => done<Page<Payout>>(client.GET(`${v1}/desk/payouts`, asked(query))),
  approve: (id: string, key: string) => done<Payout>(client.POST(`${v1}/desk/payouts/{id}/approve`, { ...both(id, key), body: {} })),
  refuse: (id: string, reason: string, key: string) => done<Payout>(client.POST(`${v1}/desk/payouts/{id}/refuse`, { ...both(id, key), body: { reason } })),
  disputes: (query: Ask) => done<Page<Dispute>>(client.GET(`${v1}/desk/disputes`, asked(query))),
  decide: (id: string, body: Body<`${typeof v1}/desk/disputes/{id}`, 'post'>) => done<Dispute>(client.POST(`${v1}/desk/disputes/{id}`, { ...of(id), body })),
}
