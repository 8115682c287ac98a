import type { Source } from '@meadow/api'
import { shallowRef } from 'vue'
import type { RouteLocationNormalized, RouteLocationNormalizedLoaded, Router } from 'vue-router'

/**
 * On a desk a post opens over the page it was opened from, at its own URL. Which
 * page that is lives in memory only: after a reload the post stands alone.
 */
const pages = new Map<string, RouteLocationNormalizedLoaded>()

/** The page to show behind the open post, or null if no post is open over one. */
export const behind = shallowRef<RouteLocationNormalizedLoaded | null>(null)

/** Whether there is room for a post over a page. */
export function roomy(): boolean {
  return matchMedia('(min-width: 900px)').matches
}

/** The page behind a location, if that is a post opened over one. */
export function behindOf(to: RouteLocationNormalized): RouteLocationNormalizedLoaded | null {
  if (to.name !== 'post') return null
  const over: unknown = history.state?.over
  return typeof over === 'string' && over.startsWith(`${String(to.params.id)} `) ? (pages.get(over) ?? null) : null
}

/** Opens a post that was met there: over the current page where there is room. */
export function openPost(router: Router, id: string, from: Source = 'other'): void {
  if (!roomy()) {
    void router.push({ name: 'post', params: { id }, state: { from } })
    return
  }
  const over = `${id} ${pages.size}`
  pages.set(over, behind.value ?? router.currentRoute.value)
  void router.push({ name: 'post', params: { id }, state: { over, from } })
}

/** The history state that keeps a post where it is, over its page or alone. */
export function sameLayer(): { over?: string; from?: string } {
  const { over, from }: { over?: unknown; from?: unknown } = history.state ?? {}
  return { ...(typeof over === 'string' ? { over } : {}), ...(typeof from === 'string' ? { from } : {}) }
}
