import { nextTick } from 'vue'
import { createRouter, createWebHistory, type RouteLocationNormalized, type Router } from 'vue-router'
import DiscoverPage from './feed/DiscoverPage.vue'
import { behind, behindOf } from './post/overlay'

const text = (v: unknown) => (typeof v === 'string' ? v : '')
const byId = (r: RouteLocationNormalized) => ({ id: text(r.params.id) })

/** Pages get what they need as props: one that is kept behind another does not see its route. */
export function makeRouter(): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', name: 'discover', component: DiscoverPage, props: (r) => ({ tab: text(r.query.tab) }), meta: { bar: true } },
      { path: '/p/:id', name: 'post', component: () => import('./post/PostPage.vue'), props: byId },
      { path: '/product/:id', name: 'product', component: () => import('./product/ProductPage.vue'), props: byId },
      { path: '/u/:id', name: 'profile', component: () => import('./profile/ProfilePage.vue'), props: byId },
      { path: '/shop/:id', name: 'shop', component: () => import('./profile/ShopPage.vue'), props: byId },
      {
        path: '/search',
        name: 'search',
        component: () => import('./search/SearchPage.vue'),
        props: (r) => ({ q: text(r.query.q), kind: r.query.kind === 'product' ? 'product' : 'post' }),
      },
      { path: '/orders', name: 'orders', component: () => import('./orders/OrdersPage.vue'), props: (r) => ({ state: text(r.query.state) }), meta: { bar: true, signedIn: true } },
      { path: '/orders/:id', name: 'order', component: () => import('./orders/OrderPage.vue'), props: (r) => ({ id: text(r.params.id), returned: text(r.query.payment) }), meta: { signedIn: true } },
      { path: '/me', name: 'me', component: () => import('./account/MePage.vue'), meta: { bar: true } },
      { path: '/me/saved', name: 'saved', component: () => import('./account/SavedPage.vue'), meta: { signedIn: true } },
      { path: '/me/addresses', name: 'addresses', component: () => import('./account/AddressesPage.vue'), meta: { signedIn: true } },
      { path: '/me/devices', name: 'devices', component: () => import('./account/DevicesPage.vue'), meta: { signedIn: true } },
      { path: '/sign-in', name: 'sign-in', component: () => import('./account/SignInPage.vue'), props: (r) => ({ next: text(r.query.next) }) },
      { path: '/enter', name: 'enter', component: () => import('./account/EnterPage.vue'), props: (r) => ({ token: text(r.query.token) }) },
      { path: '/inbox', name: 'inbox', component: () => import('./account/InboxPage.vue') },
      { path: '/:rest(.*)*', name: 'lost', component: () => import('./shell/LostPage.vue') },
    ],
    async scrollBehavior(to, from, saved) {
      if (to.path === from.path || behindOf(to) || behindOf(from)) return false
      await nextTick()
      return saved ?? { top: 0 }
    },
  })
  router.afterEach((to) => {
    behind.value = behindOf(to)
  })
  return router
}
