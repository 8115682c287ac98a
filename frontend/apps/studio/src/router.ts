import type { Languages } from '@meadow/i18n'
import { createRouter, createWebHistory, type RouteLocationNormalized, type Router } from 'vue-router'
import { deskTillRoutes, tillRoutes } from './campaign/routes'
import { shopRoutes } from './shop/routes'

const byId = (r: RouteLocationNormalized) => ({ id: typeof r.params.id === 'string' ? r.params.id : '' })
const editor = () => import('./publish/EditorPage.vue')
const desk = { role: ['moderator', 'operator'] }

export function makeRouter(languages: Languages): Router {
  return createRouter({
    history: createWebHistory('/studio/'),
    routes: [
      { path: '/', redirect: '/posts' },
      { path: '/publish', name: 'publish', component: editor, props: { draftId: '', postId: '' } },
      { path: '/drafts/:id', name: 'draft', component: editor, props: (r) => ({ draftId: byId(r).id, postId: '' }) },
      { path: '/posts', name: 'posts', component: () => import('./posts/PostsPage.vue') },
      { path: '/posts/:id', name: 'post', component: editor, props: (r) => ({ draftId: '', postId: byId(r).id }) },
      { path: '/calendar', name: 'calendar', component: () => import('./posts/CalendarPage.vue') },
      { path: '/comments', name: 'comments', component: () => import('./talk/CommentsPage.vue') },
      { path: '/insight', name: 'insight', component: () => import('./insight/InsightPage.vue') },
      { path: '/insight/:id', name: 'insight-post', component: () => import('./insight/InsightPage.vue'), props: byId },
      { path: '/pools', name: 'pools', component: () => import('./pools/PoolsPage.vue') },
      { path: '/showcase', name: 'showcase', component: () => import('./people/ShowcasePage.vue'), meta: { role: ['creator'] } },
      { path: '/tier', name: 'tier', component: () => import('./people/TierPage.vue') },
      { path: '/staff', name: 'staff', component: () => import('./people/StaffPage.vue') },
      ...shopRoutes(languages),
      ...tillRoutes(languages),
      {
        path: '/desk', component: () => import('./desk/DeskFrame.vue'), meta: desk,
        children: [
          { path: '', name: 'desk', component: () => import('./desk/QueuePage.vue') },
          { path: 'bans', name: 'desk-bans', component: () => import('./desk/BansPage.vue') },
          { path: 'lists', name: 'desk-lists', component: () => import('./desk/ListsPage.vue') },
          { path: 'rules', name: 'desk-rules', component: () => import('./desk/RulesPage.vue') },
          { path: 'trends', name: 'desk-trends', component: () => import('./desk/TrendsPage.vue') },
          { path: 'feed', name: 'desk-feed', component: () => import('./desk/FeedHealthPage.vue') },
          ...deskTillRoutes(languages),
          { path: 'audit', name: 'desk-audit', component: () => import('./desk/AuditPage.vue') },
          { path: 'people/:id', name: 'desk-person', component: () => import('./desk/PersonPage.vue'), props: byId },
        ],
      },
      { path: '/:rest(.*)*', redirect: '/posts' },
    ],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
}
