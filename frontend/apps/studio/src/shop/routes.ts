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
    { path: '/products/new', name: 'new-product', component: page(() => import('../goods/GoodPage.vue')), props: { id: '' }, meta },
    { path: '/products/import', name: 'import-products', component: page(() => import('../goods/ImportPage.vue')), meta },
    { path: '/products/:id', name: 'product', component: page(() => import('../goods/GoodPage.vue')), props: byId, meta },
    { path: '/stock', name: 'stock', component: page(() => import('../goods/StockPage.vue')), meta },
    { path: '/stock/low', name: 'low-stock', component: page(() => import('../goods/LowPage.vue')), meta },
    { path: '/stock/changes', name: 'stock-changes', component: page(() => import('../goods/ChangesPage.vue')), meta },
    { path: '/shipping', name: 'shipping', component: page(() => import('./ShippingPage.vue')), meta },
    { path: '/warehouses', name: 'warehouses', component: page(() => import('./WarehousesPage.vue')), meta },
    { path: '/shop-staff', name: 'shop-staff', component: page(() => import('./ShopStaffPage.vue')), meta: { console: 'shop' } },
    { path: '/ratings', name: 'ratings', component: page(() => import('../goods/RatingsPage.vue')), meta },
    { path: '/orders', name: 'orders', component: page(() => import('../fulfil/ParcelsPage.vue')), meta },
    { path: '/orders/:id', name: 'parcel', component: page(() => import('../fulfil/ParcelPage.vue')), props: byId, meta },
    { path: '/after-sales', name: 'after-sales', component: page(() => import('../fulfil/RequestsPage.vue')), meta },
    { path: '/after-sales/:id', name: 'shop-after-sale', component: page(() => import('../fulfil/RequestPage.vue')), props: byId, meta },
    { path: '/sales', redirect: '/orders' },
  ]
}
