import { client, done } from './client'
import type { components } from './schema'
import type { Page } from './types'

type S = components['schemas']
type Ask = { after?: string; limit?: number }
type As = { as?: string }

const v1 = '/api/v1'
const asked = <Q extends object>(query: Q) => ({ params: { query } })

export type PoolRow = S['FeedPoolRow']
export type Stage = S['FeedStage']
export type Balance = S['FeedBalance']
export type Health = S['FeedHealth']
export type TrendRow = S['FeedTrendRow']
export type TrendState = 'pending' | 'approved' | 'denied'

/** How posts are passed on, for creators; the feed as a whole, for operators. */
export const growth = {
  pools: (query: Ask & As) => done<Page<PoolRow>>(client.GET(`${v1}/feed/pools`, asked(query))),
  balance: (query: As) => done<Balance>(client.GET(`${v1}/feed/balance`, asked(query))),
  health: () => done<Health>(client.GET(`${v1}/feed/health`)),
  trends: (query: Ask & { state: TrendState }) => done<Page<TrendRow>>(client.GET(`${v1}/trends/queue`, asked(query))),
  judge: (id: string, allow: boolean) => done<TrendRow>(client.PUT(`${v1}/trends/{id}`, { params: { path: { id } }, body: { allow } })),
}
