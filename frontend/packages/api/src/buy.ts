import { client, done } from './client'
import type { components } from './schema'
import type * as t from './types'

type S = components['schemas']
type Ask = { after?: string; limit?: number }

const v1 = '/api/v1'
const of = (id: string) => ({ params: { path: { id } } })
const asked = <Q extends object>(query: Q) => ({ params: { query } })
const keyed = (key: string) => ({ 'Idempotency-Key': key })
/** Names a visitor's cart; who is signed in has one without a name. */
const named = (key: string) => asked(key ? { key } : {})

export type Deal = S['PromoDeal']
export type Choice = S['CheckoutChoice']
export type QuoteAsk = S['CheckoutAsk']
export type Quote = S['CheckoutQuote']
export type Order = S['CheckoutOrder']
export type Line = S['CheckoutLine']
export type Part = S['CheckoutPart']
export type Plan = S['CheckoutPlan']
export type Saving = S['PromoSaving']
export type Refusal = S['PromoRefusal']
export type Tier = S['PromoTier']
export type Cart = S['CheckoutCart']
export type CartShop = S['CheckoutCartShop']
export type CartLine = S['CheckoutCartLine']
export type Coupon = S['Coupon']
export type CouponOffer = S['CouponOffer']
export type FlashSale = S['FlashsaleEvent']
export type FlashOffer = S['FlashsaleOffer']
export type GroupOffer = S['GroupbuyOffer']
export type Team = S['GroupbuyTeam']
export type BargainOffer = S['BargainOffer']
export type Banner = S['FullreductionBanner']
export type Product = S['CatalogProduct']
export type Promise = S['CatalogPromise']
export type Rating = S['CatalogRating']
export type RatingSum = S['CatalogRatingSum']
export type Points = S['PointsBalance']

/** Lists that a sum may lack where there is nothing in them. */
const whole = <T extends { savings: Saving[] | null; refusals?: Refusal[] | null; plans?: Plan[] | null }>(x: T): T => ({ ...x, savings: x.savings ?? [], ...('refusals' in x ? { refusals: x.refusals ?? [] } : {}), ...('plans' in x ? { plans: x.plans ?? [] } : {}) })

/** What stands between choosing something and having paid for it. */
export const buy = {
  // what a shop promises and asks
  promise: (product: string, query: { sku?: string; region?: string }) => done<Promise>(client.GET(`${v1}/products/{id}/promise`, { params: { path: { id: product }, query } })),
  ratings: (product: string, query: Ask & { sku?: string; stars?: number }) => done<t.Page<Rating>>(client.GET(`${v1}/products/{id}/ratings`, { params: { path: { id: product }, query } })),
  campaigns: (query: { merchant?: string; product?: string; category?: string }) => done<{ items: Banner[] }>(client.GET(`${v1}/promo/campaigns`, asked(query))),
  couponOffers: (query: Ask & { product?: string; merchant?: string }) => done<t.Page<CouponOffer>>(client.GET(`${v1}/promo/coupon-offers`, asked(query))),
  claim: (batch: string, key: string) => done<Coupon>(client.POST(`${v1}/promo/coupons`, { params: { header: keyed(key) }, body: { batch } })),
  coupons: (query: Ask & { state?: 'ready' | 'used' | 'expired' }) => done<t.Page<Coupon>>(client.GET(`${v1}/promo/coupons`, asked(query))),
  flashSales: (product: string) => done<t.Page<FlashSale>>(client.GET(`${v1}/promo/flash-offers`, asked({ product }))),
  groupBuys: (product: string) => done<{ items: GroupOffer[] }>(client.GET(`${v1}/promo/groupbuys`, asked({ product }))),
  teams: (product: string, query: Ask = {}) => done<t.Page<Team>>(client.GET(`${v1}/promo/teams`, asked({ product, ...query }))),
  myTeams: (query: Ask = {}) => done<t.Page<Team>>(client.GET(`${v1}/promo/my-teams`, asked(query))),
  bargains: (product: string) => done<{ items: BargainOffer[] }>(client.GET(`${v1}/promo/bargain-offers`, asked({ product }))),
  bargain: (offer: string, key: string) => done<S['Bargain']>(client.POST(`${v1}/promo/bargains`, { params: { header: keyed(key) }, body: { offer } })),
  points: () => done<Points>(client.GET(`${v1}/promo/points`)),

  // the cart
  cart: (key: string) => done<Cart>(client.GET(`${v1}/cart`, named(key))),
  put: (key: string, body: S['CheckoutPutInCart']) => done<Cart>(client.POST(`${v1}/cart/lines`, { ...named(key), body })),
  select: (key: string, skus: string[], on: boolean) => done<Cart>(client.POST(`${v1}/cart/selection`, { ...named(key), body: { skus, on } })),
  join: (key: string) => done<Cart>(client.POST(`${v1}/cart/join`, named(key))),

  // the till
  quote: (body: QuoteAsk) => done<Quote>(client.POST(`${v1}/quotes`, { body })).then(whole),
  place: (body: S['CheckoutPlace'], key: string) => done<Order>(client.POST(`${v1}/orders`, { params: { header: keyed(key) }, body })),
  order: (order: string) => done<Order>(client.GET(`${v1}/orders/{id}`, of(order))).then(whole),
}
