import { ref } from 'vue'

/** A list's state under a name, as its URL has it. */
export interface View { name: string; state: Record<string, string> }

function read(shelf: string): View[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(shelf) ?? '[]')
    return Array.isArray(kept) ? kept.filter((v): v is View => typeof v?.name === 'string' && typeof v?.state === 'object') : []
  } catch {
    return [] // storage is switched off, or holds something else
  }
}

/** The views of a list that somebody saved in this browser. */
export function useViews(list: string) {
  const shelf = `views.${list}`
  const views = ref(read(shelf))
  function keep(now: View[]): void {
    views.value = now
    try {
      localStorage.setItem(shelf, JSON.stringify(now))
    } catch {
      // They last as long as the page.
    }
  }
  return {
    views,
    save: (name: string, state: Record<string, string>) => keep([...views.value.filter((v) => v.name !== name), { name, state }].slice(-12)),
    drop: (name: string) => keep(views.value.filter((v) => v.name !== name)),
    is: (v: View, state: Record<string, string>) => JSON.stringify(Object.entries(v.state).toSorted()) === JSON.stringify(Object.entries(state).toSorted()),
  }
}
