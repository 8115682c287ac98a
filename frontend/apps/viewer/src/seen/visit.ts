import type { Source } from '@meadow/api'
import { onBeforeUnmount, onMounted } from 'vue'
import { reporter } from './report'

/**
 * Reports that a post was opened, and, when it is left, how long it was looked
 * at and how far its video was watched. Time behind other tabs does not count.
 */
export function useVisit(post: string, source: Source) {
  let since = 0
  let looked = 0
  let percent = 0
  let told = false
  const look = () => {
    if (document.visibilityState === 'visible') since ||= performance.now()
    else rest()
  }
  const rest = () => {
    if (since) looked += performance.now() - since
    since = 0
  }
  const leave = () => {
    rest()
    if (told || looked < 1) return
    told = true
    reporter.add('dwell', post, source, { ms: Math.min(86_400_000, Math.round(looked)), ...(percent ? { percent } : {}) })
    reporter.flush()
  }
  onMounted(() => {
    reporter.add('view', post, source)
    look()
    document.addEventListener('visibilitychange', look)
    addEventListener('pagehide', leave)
  })
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', look)
    removeEventListener('pagehide', leave)
    leave()
  })
  return {
    watched: (reached: number) => (percent = Math.max(percent, reached)),
    clicked: (product: string) => reporter.add('click', post, source, { product }),
  }
}
