import { client, done } from './client'
import type { components, paths } from './schema'
import type { Order, Page } from './types'

type S = components['schemas']
type Ask = { after?: string; limit?: number }
type Query<P extends keyof paths> = paths[P] extends { get: { parameters: { query?: infer Q } } } ? NonNullable<Q> : never

const v1 = '/api/v1'
const of = (id: string) => ({ params: { path: { id } } })
const asked = <Q extends object>(query: Q) => ({ params: { query } })
const keyed = (key: string) => ({ params: { header: { 'Idempotency-Key': key } } })
const ofKeyed = (id: string, key: string) => ({ params: { path: { id }, header: { 'Idempotency-Key': key } } })

export type Deal = S['PromoDeal']
export type DealChoice = S['CheckoutChoice']
export type Tier = S['PromoTier']
export type GroupOffer = S['GroupbuyOffer']
export type Team = S['GroupbuyTeam']
export type BargainOffer = S['BargainOffer']
export type Bargain = S['Bargain']
export type Cutting = S['BargainCutting']
export type Coupon = S['Coupon']
export type CouponOffer = S['CouponOffer']
export type Shelf = 'ready' | 'used' | 'expired'
export type FlashSale = S['FlashsaleEvent']
export type FlashItem = S['FlashsaleOffer']
export type Packet = S['RedpacketPacket']
export type PacketShare = S['RedpacketShare']
export type NewPacket = S['RedpacketMake']
export type InviteLink = S['InviteLink']
export type Bond = S['InviteBond']
export type Reward = S['InviteReward']
export type Tree = S['InviteTree']

/** How far the server's clock is before this device's, in milliseconds. */
let skew = 0

/** The server's clock, for countdowns: a device's may be wrong. */
export const serverNow = () => Date.now() + skew

function heard<T extends { now: string }>(answer: T): T {
  skew = Date.parse(answer.now) - Date.now()
  return answer
}

async function heardAll<T extends { now: string }>(answer: Promise<Page<T>>): Promise<Page<T>> {
  const page = await answer
  if (page.items[0]) heard(page.items[0])
  return page
}

/** What makes people bring people: group buys, bargains, coupons, packets, flash sales, invitations. */
export const promo = {
  groupBuys: (query: Query<`${typeof v1}/promo/groupbuys`>) => done<Page<GroupOffer>>(client.GET(`${v1}/promo/groupbuys`, asked(query))),
  groupBuy: (id: string) => done<GroupOffer>(client.GET(`${v1}/promo/groupbuys/{id}`, of(id))),
  team: (id: string) => done<Team>(client.GET(`${v1}/promo/teams/{id}`, of(id))).then(heard),
  teams: (query: Query<`${typeof v1}/promo/teams`>) => heardAll(done<Page<Team>>(client.GET(`${v1}/promo/teams`, asked(query)))),
  myTeams: (query: Ask) => heardAll(done<Page<Team>>(client.GET(`${v1}/promo/my-teams`, asked(query)))),

  bargainOffers: (query: Query<`${typeof v1}/promo/bargain-offers`>) => done<Page<BargainOffer>>(client.GET(`${v1}/promo/bargain-offers`, asked(query))),
  bargain: (id: string) => done<Bargain>(client.GET(`${v1}/promo/bargains/{id}`, of(id))).then(heard),
  myBargains: (query: Ask) => heardAll(done<Page<Bargain>>(client.GET(`${v1}/promo/my-bargains`, asked(query)))),
  begin: (offer: string, key: string) => done<Bargain>(client.POST(`${v1}/promo/bargains`, { ...keyed(key), body: { offer } })).then(heard),
  cut: (id: string, device: string, key: string) => done<Cutting>(client.POST(`${v1}/promo/bargains/{id}/cuts`, { ...ofKeyed(id, key), body: { device } })),

  couponOffers: (query: Query<`${typeof v1}/promo/coupon-offers`>) => done<Page<CouponOffer>>(client.GET(`${v1}/promo/coupon-offers`, asked(query))),
  coupons: (query: Ask & { state?: Shelf }) => done<Page<Coupon>>(client.GET(`${v1}/promo/coupons`, asked(query))),
  claim: (batch: string, key: string) => done<Coupon>(client.POST(`${v1}/promo/coupons`, { ...keyed(key), body: { batch } })),
  claimCode: (code: string, key: string) => done<Coupon>(client.POST(`${v1}/promo/coupons/codes`, { ...keyed(key), body: { code } })),

  flashSales: (query: Query<`${typeof v1}/promo/flash-sales`>) => heardAll(done<Page<FlashSale>>(client.GET(`${v1}/promo/flash-sales`, asked(query)))),

  packet: (id: string) => done<Packet>(client.GET(`${v1}/promo/redpackets/{id}`, of(id))).then(heard),
  grab: (id: string, key: string) => done<PacketShare>(client.POST(`${v1}/promo/redpackets/{id}/shares`, ofKeyed(id, key))),
  packetShares: (id: string, query: Ask) => done<Page<PacketShare>>(client.GET(`${v1}/promo/redpackets/{id}/shares`, { params: { path: { id }, query } })),
  packetsMade: (query: Ask) => heardAll(done<Page<Packet>>(client.GET(`${v1}/promo/redpackets`, asked(query)))),
  packetsGot: (query: Ask) => done<Page<PacketShare>>(client.GET(`${v1}/promo/redpacket-shares`, asked(query))),
  makePacket: (body: NewPacket, key: string) => done<Packet>(client.POST(`${v1}/promo/redpackets`, { ...keyed(key), body })).then(heard),

  inviteLink: () => done<InviteLink>(client.GET(`${v1}/promo/invites/link`)),
  invitation: (token: string) => done<S['InviteInvitation']>(client.GET(`${v1}/promo/invites/look`, asked({ token }))),
  acceptInvite: (token: string, key: string) => done<Bond>(client.POST(`${v1}/promo/invites`, { ...keyed(key), body: { token } })),
  invitees: (query: Ask) => done<Page<Bond>>(client.GET(`${v1}/promo/invites`, asked(query))),
  inviteRewards: (query: Ask) => done<Page<Reward>>(client.GET(`${v1}/promo/invite-rewards`, asked(query))),
  inviteTree: () => done<Tree>(client.GET(`${v1}/promo/invites/tree`)),

  order: (id: string) => done<Order>(client.GET(`${v1}/orders/{id}`, of(id))),
}
