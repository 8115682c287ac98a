import { client, done } from './client'
import type { components } from './schema'
import type { Money, OrderState, Page, PictureWanted } from './types'

type S = components['schemas']
type Ask = { after?: string; limit?: number }

const v1 = '/api/v1'
const of = (id: string) => ({ params: { path: { id } } })
const asked = <Q extends object>(query: Q) => ({ params: { query } })
const keyed = (key: string) => ({ 'Idempotency-Key': key })

/** An order as it was bought: in parts, one for each shop, with what lowered its price. */
export type Bought = Omit<S['CheckoutOrder'], 'state'> & { state: OrderState }
export type BoughtLine = S['CheckoutLine']
export type Part = S['CheckoutPart']
export type Saving = S['PromoSaving']
export type Parcel = S['FulfilParcel']
export type Shipment = S['FulfilShipment']
export type Stage = 'to_ship' | 'to_receive' | 'received'
export type AfterSale = S['AfterSale']
export type AfterSaleKind = NonNullable<S['AftersaleOpen']['kind']>
export type Reason = NonNullable<S['AftersaleOpen']['reason']>
export type Opening = S['AftersaleOpen']
export type Offer = S['AftersaleOffer']
export type Rating = S['CatalogRating']
export type Points = S['PointsBalance']
export type PointsMove = S['PointsMove']
export type Coupon = S['Coupon']
export type CouponShelf = 'ready' | 'used' | 'expired'
export type Grant = S['CashbackGrant']
export type Packet = S['RedpacketPacket']
export type Share = S['RedpacketShare']
export type Reward = S['InviteReward']
export type Balance = S['LedgerBalance']
export type Movement = S['LedgerLine']
export type Pot = 'held' | 'earned'

/** An empty list may travel as nothing. */
const whole = (o: Bought): Bought => ({ ...o, parts: o.parts ?? [], savings: o.savings ?? [] })

/** What comes after buying: parcels, requests, ratings, and what one has. */
export const after = {
  order: async (id: string) => whole(await done<Bought>(client.GET(`${v1}/orders/{id}`, of(id)))),
  orders: async (query: Ask & { state?: OrderState }) => {
    const page = await done<Page<Bought>>(client.GET(`${v1}/orders`, asked(query)))
    return { ...page, items: page.items.map(whole) }
  },
  toCart: (sku: string, n: number) => done<S['CheckoutCart']>(client.POST(`${v1}/cart/lines`, { body: { sku, n } })),

  // parcels
  parcels: (query: Ask & { stage?: Stage; orders?: string }) => done<Page<Parcel>>(client.GET(`${v1}/parcels`, asked(query))),
  parcelsOf: (order: string) => done<{ items: Parcel[] }>(client.GET(`${v1}/orders/{id}/parcels`, of(order))),
  counts: () => done<{ to_ship: number; to_receive: number }>(client.GET(`${v1}/parcel-counts`)),
  receive: (parcel: string) => done<Parcel>(client.POST(`${v1}/parcels/{id}/receive`, of(parcel))),
  carriers: () => done<{ items: { name: string; labels: boolean }[] }>(client.GET(`${v1}/carriers`)),

  // after-sale
  preview: (body: Opening) => done<Offer>(client.POST(`${v1}/after-sales/preview`, { body })),
  open: (body: Opening, key: string) => done<AfterSale>(client.POST(`${v1}/after-sales`, { params: { header: keyed(key) }, body })),
  request: (id: string) => done<AfterSale>(client.GET(`${v1}/after-sales/{id}`, of(id))),
  requests: (query: Ask) => done<Page<AfterSale>>(client.GET(`${v1}/after-sales`, asked(query))),
  requestsOf: (order: string) => done<{ items: AfterSale[] }>(client.GET(`${v1}/orders/{id}/after-sales`, of(order))),
  withdraw: (id: string) => done<AfterSale>(client.POST(`${v1}/after-sales/{id}/withdraw`, of(id))),
  accept: (id: string) => done<AfterSale>(client.POST(`${v1}/after-sales/{id}/accept`, of(id))),
  sendBack: (id: string, body: { carrier: string; tracking: string }) => done<AfterSale>(client.POST(`${v1}/after-sales/{id}/shipment`, { ...of(id), body })),
  dispute: (id: string, body: { text: string; evidence: string[] }) => done<AfterSale>(client.POST(`${v1}/after-sales/{id}/dispute`, { ...of(id), body })),

  // ratings
  rate: (product: string, body: { order: string; line: number; stars: number; text: string; pictures: PictureWanted[] }, key: string) => done<Rating>(client.POST(`${v1}/products/{id}/ratings`, { params: { path: { id: product }, header: keyed(key) }, body })),
  ratings: (lines: string[]) => done<{ items: { order: string; line: number; rating: Rating }[] }>(client.GET(`${v1}/ratings`, asked({ of: lines.join(',') }))),

  // what one has
  points: () => done<Points>(client.GET(`${v1}/promo/points`)),
  pointsMoves: (query: Ask) => done<Page<PointsMove>>(client.GET(`${v1}/promo/points/history`, asked(query))),
  coupons: (query: Ask & { state: CouponShelf }) => done<Page<Coupon>>(client.GET(`${v1}/promo/coupons`, asked(query))),
  couponByCode: (code: string, key: string) => done<Coupon>(client.POST(`${v1}/promo/coupons/codes`, { params: { header: keyed(key) }, body: { code } })),
  cashback: (query: Ask) => done<Page<Grant>>(client.GET(`${v1}/promo/cashback-grants`, asked(query))),
  packets: (query: Ask) => done<Page<Packet>>(client.GET(`${v1}/promo/redpackets`, asked(query))),
  shares: (query: Ask) => done<Page<Share>>(client.GET(`${v1}/promo/redpacket-shares`, asked(query))),
  rewards: (query: Ask) => done<Page<Reward>>(client.GET(`${v1}/promo/invite-rewards`, asked(query))),
  balances: (as: 'wallet' | 'creator') => done<{ items: Balance[]; least: number }>(client.GET(`${v1}/ledger/balances`, asked({ as }))),
  movements: (query: Ask & { as: 'wallet' | 'creator'; pot?: Pot }) => done<Page<Movement>>(client.GET(`${v1}/ledger/lines`, asked(query))),
}

export const sum = (a: Money, b: Money): Money => ({ amount: a.amount + b.amount, currency: a.currency })
