import { shop, table, type Languages } from '@meadow/i18n'
import type { RouteLocationNormalized, RouteRecordRaw } from 'vue-router'
import { lazily } from '../shell/words'

const byId = (r: RouteLocationNormalized) => ({ id: typeof r.params.id === 'string' ? r.params.id : '' })

/** The pages of a shop's console. */
export function shopRoutes(languages: Languages): RouteRecordRaw[] {
  const page = lazily(languages, shop, table)
  const meta = { role: ['merchant'], console: 'shop' }
  return [
    { path: '/products', name: 'products', component: page(() => import('../goods/GoodsPage.vue')), meta },
    { path: '/products/new', name: 'new-product', component: page(() => import('./ProductPage.vue')), props: { id: '' }, meta },
    { path: '/products/:id', name: 'product', component: page(() => import('./ProductPage.vue')), props: byId, meta },
    { path: '/sales', component: page(() => import('./SalesPage.vue')), meta },
  ]
}
