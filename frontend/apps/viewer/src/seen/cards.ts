import type { Source } from '@meadow/api'
import { reporter } from './report'

/**
 * Reports the cards under root that somebody could see: at least half of one,
 * for a second. Each card once for as long as its list is there.
 */
export function watchCards(root: HTMLElement, source: Source): () => void {
  const seen = new Set<string>()
  const waiting = new Map<Element, ReturnType<typeof setTimeout>>()
  const postOf = (el: Element) => (el as HTMLElement).dataset.post ?? ''

  const halves = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        clearTimeout(waiting.get(target))
        waiting.delete(target)
        if (isIntersecting && !seen.has(postOf(target))) waiting.set(target, setTimeout(() => count(target), 1000))
      }
    },
    { threshold: 0.5 },
  )
  function count(card: Element): void {
    const post = postOf(card)
    if (!post || seen.has(post) || document.visibilityState !== 'visible') return
    seen.add(post)
    halves.unobserve(card)
    reporter.add('impression', post, source)
  }
  const known = new WeakSet<Element>()
  const look = () => {
    for (const card of root.querySelectorAll('.card[data-post]')) {
      if (known.has(card)) continue
      known.add(card)
      halves.observe(card)
    }
  }
  const changes = new MutationObserver(look)
  changes.observe(root, { childList: true, subtree: true })
  look()
  return () => {
    changes.disconnect()
    halves.disconnect()
    waiting.forEach(clearTimeout)
  }
}
