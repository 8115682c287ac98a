import { after, buy, find, promo, reel, taste, viewer, type Languages } from '@meadow/i18n'
import { nextTick } from 'vue'
import { createRouter, createWebHistory, START_LOCATION, type RouteLocationNormalized, type Router } from 'vue-router'
import { mine } from './feed/mine'
import { behind, behindOf } from './post/overlay'
import { lazily } from './shell/words'

const text = (v: unknown) => (typeof v === 'string' ? v : '')
const byId = (r: RouteLocationNormalized) => ({ id: text(r.params.id) })

/** Pages get what they need as props: one that is kept behind another does not see its route. */
export function makeRouter(languages: Languages): Router {
  const { page } = lazily(languages)
  const { page: found } = lazily(languages, find)
  const { page: tasted } = lazily(languages, viewer, taste)
  const { page: shopping } = lazily(languages, viewer, buy)
  const { page: watched } = lazily(languages, reel)
  const { page: bought } = lazily(languages, viewer, buy, after)
  const { page: promoted } = lazily(languages, viewer, promo)
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', name: 'discover', component: () => import('./feed/DiscoverPage.vue'), props: (r) => ({ tab: text(r.query.tab), topic: text(r.query.topic), order: text(r.query.order) }), meta: { bar: true }, beforeEnter: (to, from) => (from === START_LOCATION && mine.value.home === 'video' && !to.query.tab ? '/video' : true) },
      { path: '/t/:topic', name: 'topic', component: tasted(() => import('./topic/TopicPage.vue')), props: (r) => ({ name: text(r.params.topic), order: text(r.query.order) }) },
      { path: '/shop', name: 'shop-for-you', component: tasted(() => import('./product/ForYouPage.vue')), props: (r) => ({ category: text(r.query.category) }), meta: { bar: true } },
      { path: '/me/feed', name: 'taste', component: tasted(() => import('./taste/TastePage.vue')), meta: { signedIn: true } },
      { path: '/p/:id', name: 'post', component: page(() => import('./post/PostPage.vue')), props: byId },
      { path: '/s/:code', name: 'share', component: page(() => import('./share/SharedPage.vue')), props: (r) => ({ code: text(r.params.code) }) },
      { path: '/product/:id', name: 'product', component: shopping(() => import('./product/ProductPage.vue')), props: byId },
      { path: '/cart', name: 'cart', component: shopping(() => import('./cart/CartPage.vue')) },
      { path: '/checkout', name: 'checkout', component: shopping(() => import('./checkout/CheckoutPage.vue')), props: (r) => ({ asked: r.query }) },
      { path: '/pay/:id', name: 'pay', component: shopping(() => import('./checkout/PayPage.vue')), props: (r) => ({ id: text(r.params.id), returned: text(r.query.payment) }), meta: { signedIn: true } },
      { path: '/u/:id', name: 'profile', component: page(() => import('./profile/ProfilePage.vue')), props: (r) => ({ id: text(r.params.id), tab: text(r.query.tab) }) },
      { path: '/shop/:id', name: 'shop', component: page(() => import('./profile/ShopPage.vue')), props: byId },
      {
        path: '/search',
        name: 'search',
        component: found(() => import('./search/SearchPage.vue')),
        props: (r) => ({ asked: r.query }),
        meta: { one: true },
      },
      { path: '/video/:id?', name: 'video', component: watched(() => import('./video/VideoPage.vue')), props: byId, meta: { bar: true, one: true } },
      { path: '/orders', name: 'orders', component: bought(() => import('./orders/OrdersPage.vue')), props: (r) => ({ state: text(r.query.state) }), meta: { bar: true, signedIn: true } },
      { path: '/orders/:id', name: 'order', component: bought(() => import('./orders/OrderPage.vue')), props: (r) => ({ id: text(r.params.id), returned: text(r.query.payment) }), meta: { signedIn: true } },
      { path: '/orders/:id/after-sale', name: 'ask-after-sale', component: bought(() => import('./aftersale/AskPage.vue')), props: (r) => ({ id: text(r.params.id), part: text(r.query.part), line: text(r.query.line) }), meta: { signedIn: true } },
      { path: '/orders/:id/rate', name: 'rate', component: bought(() => import('./orders/RatePage.vue')), props: byId, meta: { signedIn: true } },
      { path: '/after-sales/:id', name: 'after-sale', component: bought(() => import('./aftersale/RequestPage.vue')), props: byId, meta: { signedIn: true } },
      { path: '/wallet', name: 'wallet', component: bought(() => import('./wallet/WalletPage.vue')), props: (r) => ({ tab: text(r.query.tab), shelf: text(r.query.shelf) }), meta: { signedIn: true } },
      { path: '/:kind(deals|teams|bargains|coupons|packets|invite)/:id?', name: 'promo', component: promoted(() => import('./promo/PromoPage.vue')), props: (r) => ({ kind: text(r.params.kind), id: text(r.params.id), tab: text(r.query.tab), from: text(r.query.from) }) },
      { path: '/me', name: 'me', component: bought(() => import('./account/MePage.vue')), meta: { bar: true } },
      { path: '/me/saved', name: 'saved', component: page(() => import('./collect/SavedPage.vue')), props: (r) => ({ tab: text(r.query.tab) }), meta: { signedIn: true } },
      { path: '/collections/:id', name: 'collection', component: page(() => import('./collect/CollectionPage.vue')), props: byId },
      { path: '/me/profile', name: 'edit-profile', component: page(() => import('./profile/EditPage.vue')), meta: { signedIn: true } },
      { path: '/notices', name: 'notices', component: page(() => import('./notices/NoticesPage.vue')), props: (r) => ({ category: text(r.query.category) }), meta: { bar: true, signedIn: true } },
      { path: '/notices/settings', name: 'preferences', component: page(() => import('./notices/PreferencesPage.vue')), meta: { signedIn: true } },
      { path: '/account/status', name: 'standing', component: page(() => import('./account/StandingPage.vue')), meta: { signedIn: true } },
      { path: '/account/boundaries', name: 'boundaries', component: page(() => import('./account/BoundariesPage.vue')), props: (r) => ({ tab: text(r.query.tab) }), meta: { signedIn: true } },
      { path: '/me/addresses', name: 'addresses', component: page(() => import('./account/AddressesPage.vue')), meta: { signedIn: true } },
      { path: '/me/devices', name: 'devices', component: page(() => import('./account/DevicesPage.vue')), meta: { signedIn: true } },
      { path: '/sign-in', name: 'sign-in', component: page(() => import('./account/SignInPage.vue')), props: (r) => ({ next: text(r.query.next) }) },
      { path: '/enter', name: 'enter', component: page(() => import('./account/EnterPage.vue')), props: (r) => ({ token: text(r.query.token) }) },
      { path: '/inbox', name: 'inbox', component: page(() => import('./account/InboxPage.vue')) },
      { path: '/:rest(.*)*', name: 'lost', component: page(() => import('./shell/LostPage.vue')) },
    ],
    async scrollBehavior(to, from, saved) {
      if (to.path === from.path || (to.meta.one && to.name === from.name) || behindOf(to) || behindOf(from)) return false
      await nextTick()
      return saved ?? { top: 0 }
    },
  })
  router.afterEach((to) => {
    behind.value = behindOf(to)
  })
  return router
}
