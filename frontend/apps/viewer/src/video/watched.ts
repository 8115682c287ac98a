const key = 'watched'
/** More than anybody watches at a stretch; the oldest return first. */
const most = 2000

/** What was watched since this tab was opened: it does not come again. */
export function watched(): Set<string> {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(key) ?? '[]') as string[])
  } catch {
    return new Set()
  }
}

export function keepWatched(post: string): void {
  const all = watched()
  all.delete(post)
  all.add(post)
  write([...all].slice(-most))
}

export const forgetWatched = (): void => write([])

function write(posts: readonly string[]): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(posts))
  } catch {
    // It may come again.
  }
}

/**
 * What follows in the list: what is new in found, without what was watched or
 * refused. Nothing that is there moves or leaves, except what comes after the
 * present one and was found no more.
 */
export function extend(list: readonly string[], at: number, found: readonly string[], without: ReadonlySet<string>): string[] {
  const has = new Set(found)
  const kept = list.filter((id, i) => i <= at || has.has(id))
  const known = new Set(kept)
  return [...kept, ...found.filter((id) => !known.has(id) && !without.has(id))]
}
