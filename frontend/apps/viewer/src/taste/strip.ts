import type { Taste } from '@meadow/api/feed'

interface From {
  mine?: Pick<Taste, 'tabs' | 'topics' | 'muted'>
  /** What the feed believes they like, and what many post about: strongest first. */
  believed?: readonly string[]
  trending?: readonly string[]
}

/** The topics above Discover: in somebody's own order, else what they chose, what they seem to like, and what many post about. */
export function stripOf({ mine, believed = [], trending = [] }: From, shown: string, room = 12): string[] {
  const own = mine?.tabs?.length ? mine.tabs : [...(mine?.topics ?? []), ...believed.slice(0, 6), ...trending]
  const fine = [...new Set(own)].filter((t) => !mine?.muted.includes(t)).slice(0, room)
  // The one that is open stays in view, wherever it came from.
  return shown && !fine.includes(shown) ? [shown, ...fine] : fine
}
