import type { Taste } from '@meadow/api/feed'

/** The topics above Discover: as somebody put them, else what they chose and then what many post about. */
export function stripOf(mine: Pick<Taste, 'tabs' | 'topics' | 'muted'> | undefined, trending: readonly string[], shown: string, room = 12): string[] {
  const own = mine?.tabs?.length ? mine.tabs : [...(mine?.topics ?? []), ...trending]
  const fine = [...new Set(own)].filter((t) => !mine?.muted.includes(t)).slice(0, room)
  // The one that is open stays in view, wherever it came from.
  return shown && !fine.includes(shown) ? [shown, ...fine] : fine
}
