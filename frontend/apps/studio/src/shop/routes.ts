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
    { path: '/orders', name: 'orders', component: page(() => import('../fulfil/ParcelsPage.vue')), meta },
    { path: '/orders/:id', name: 'parcel', component: page(() => import('../fulfil/ParcelPage.vue')), props: byId, meta },
    { path: '/after-sales', name: 'after-sales', component: page(() => import('../fulfil/RequestsPage.vue')), meta },
    { path: '/after-sales/:id', name: 'shop-after-sale', component: page(() => import('../fulfil/RequestPage.vue')), props: byId, meta },
    { path: '/sales', redirect: '/orders' },
  ]
}
