import { createRouter, createWebHistory, type RouteLocationNormalized, type Router } from 'vue-router'

const byId = (r: RouteLocationNormalized) => ({ id: typeof r.params.id === 'string' ? r.params.id : '' })

export function makeRouter(): Router {
  return createRouter({
    history: createWebHistory('/studio/'),
    routes: [
      { path: '/', redirect: '/posts' },
      { path: '/publish', name: 'publish', component: () => import('./publish/PublishPage.vue'), props: { id: '' }, meta: { role: 'creator' } },
      { path: '/posts', name: 'posts', component: () => import('./posts/PostsPage.vue'), meta: { role: 'creator' } },
      { path: '/posts/:id', name: 'post', component: () => import('./publish/PublishPage.vue'), props: byId, meta: { role: 'creator' } },
      { path: '/earnings', name: 'earnings', component: () => import('./earn/EarningsPage.vue'), meta: { role: 'creator' } },
      { path: '/products', name: 'products', component: () => import('./shop/ProductsPage.vue'), meta: { role: 'merchant' } },
      { path: '/products/new', name: 'new-product', component: () => import('./shop/ProductPage.vue'), props: { id: '' }, meta: { role: 'merchant' } },
      { path: '/products/:id', name: 'product', component: () => import('./shop/ProductPage.vue'), props: byId, meta: { role: 'merchant' } },
      { path: '/sales', name: 'sales', component: () => import('./shop/SalesPage.vue'), meta: { role: 'merchant' } },
      { path: '/:rest(.*)*', redirect: '/posts' },
    ],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
}
