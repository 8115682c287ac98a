import type { Comment, Page } from '@meadow/api'
import type { InfiniteData } from '@tanstack/vue-query'

type Pages = InfiniteData<Page<Comment>, string>
const each = (pages: Pages, change: (items: Comment[], page: number) => Comment[]): Pages => ({ ...pages, pages: pages.pages.map((p, i) => ({ ...p, items: change(p.items, i) })) })

/** The pages with one comment changed, wherever it stands. */
export function patch(pages: Pages, id: string, to: Partial<Comment>): Pages {
  const one = (c: Comment): Comment => (c.id === id ? { ...c, ...to } : c.latest?.some((r) => r.id === id) ? { ...c, latest: c.latest.map(one) } : c)
  return each(pages, (items) => items.map(one))
}

/** The pages without a comment; its thread counts one reply less. */
export function drop(pages: Pages, id: string): Pages {
  return each(pages, (items) =>
    items
      .filter((c) => c.id !== id)
      .map((c) => (c.latest?.some((r) => r.id === id) ? { ...c, replies: Math.max(0, c.replies - 1), latest: c.latest.filter((r) => r.id !== id) } : c)),
  )
}

/**
 * The pages with a new comment: below what is pinned in a list, last among the
 * replies of its thread.
 */
export function insert(pages: Pages, key: readonly unknown[], comment: Comment, thread?: string): Pages {
  const replies = key[2] === 'replies'
  if (replies) return key[3] === thread ? each(pages, (items, i) => (i === pages.pages.length - 1 ? [...items, comment] : items)) : pages
  if (thread) return each(pages, (items) => items.map((c) => (c.id === thread ? { ...c, replies: c.replies + 1, latest: [...(c.latest ?? []), comment] } : c)))
  return each(pages, (items, i) => {
    if (i > 0) return items
    const n = items.findIndex((c) => !c.pinned)
    return n < 0 ? [...items, comment] : [...items.slice(0, n), comment, ...items.slice(n)]
  })
}

/** All known replies of a thread, each once: those that came with it, then the rest. */
export function repliesOf(comment: Comment, more: readonly Comment[]): Comment[] {
  return [...new Map([...(comment.latest ?? []), ...more].map((c) => [c.id, c])).values()].toSorted((a, b) => Number(a.state === 'sending') - Number(b.state === 'sending') || a.at.localeCompare(b.at))
}
