import { table, till, type Languages } from '@meadow/i18n'
import type { RouteLocationNormalized, RouteRecordRaw } from 'vue-router'
import { lazily } from '../shell/words'
import { deskTypes, shopTypes } from './kinds'

const text = (v: unknown) => (typeof v === 'string' ? v : '')
const one = (platform: boolean) => (r: RouteLocationNormalized) => ({ type: text(r.params.type), id: text(r.params.id) === 'new' ? '' : text(r.params.id), platform })

/** A shop's campaigns and money, and what a creator earns. */
export function tillRoutes(languages: Languages): RouteRecordRaw[] {
  const page = lazily(languages, table, till)
  const meta = { role: ['merchant'], console: 'shop' }
  const purse = page(() => import('../money/PursePage.vue'))
  const tab = (as: 'merchant' | 'creator') => (r: RouteLocationNormalized) => ({ as, tab: text(r.params.tab) })
  return [
    { path: '/campaigns', name: 'campaigns', component: page(() => import('./CampaignsPage.vue')), meta },
    { path: `/campaigns/:type(${shopTypes.join('|')})/:id`, name: 'campaign', component: page(() => import('./CampaignPage.vue')), props: one(false), meta },
    { path: '/money/:tab(moves|payouts|account)?', name: 'money', component: purse, props: tab('merchant'), meta },
    { path: '/earnings/:tab(moves|payouts|account)?', name: 'earnings', component: purse, props: tab('creator'), meta: { role: ['creator'] } },
    { path: `/desk/campaigns/:type(${deskTypes.join('|')})/:id`, name: 'desk-campaign', component: page(() => import('./CampaignPage.vue')), props: one(true), meta: { role: ['operator'] } },
  ]
}

/** What operators do about money, under the desk. */
export function deskTillRoutes(languages: Languages): RouteRecordRaw[] {
  const page = lazily(languages, table, till)
  return [
    { path: 'campaigns', name: 'desk-campaigns', component: page(() => import('./CampaignsPage.vue')), props: { platform: true } },
    { path: 'payments', name: 'desk-payments', component: page(() => import('../desk/money/PaymentsPage.vue')) },
    { path: 'payouts', name: 'desk-payouts', component: page(() => import('../desk/money/PayoutsPage.vue')) },
    { path: 'differences', name: 'desk-differences', component: page(() => import('../desk/money/DifferencesPage.vue')) },
    { path: 'ledger', name: 'desk-ledger', component: page(() => import('../desk/money/LedgerPage.vue')) },
    { path: 'payees', name: 'desk-payees', component: page(() => import('../desk/money/PayeesPage.vue')) },
    { path: 'disputes', name: 'desk-disputes', component: page(() => import('../desk/money/DisputesPage.vue')) },
    { path: 'risks', name: 'desk-risks', component: page(() => import('../desk/money/RisksPage.vue')) },
  ]
}
