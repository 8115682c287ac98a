import { me } from '@meadow/api'
import { find } from '@meadow/api/find'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, ref } from 'vue'

const key = 'searches'
const most = 20

/** A history with one more search, the latest first, each once. */
export function joined(list: readonly string[], text: string): string[] {
  return [text, ...list.filter((t) => t !== text)].slice(0, most)
}

function stored(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(kept) ? kept.filter((t) => typeof t === 'string').slice(0, most) : []
  } catch {
    return []
  }
}

/** What a visitor searched for; it never leaves the device. */
const local = ref(stored())

function keep(list: string[]): void {
  local.value = list
  try {
    localStorage.setItem(key, JSON.stringify(list))
  } catch {
    // It lasts as long as the page.
  }
}

/** Remembers a visitor's search; what people who are signed in search for, the shop remembers if they let it. */
export function remember(text: string): void {
  if (!me.value) keep(joined(local.value, text))
}

/** What somebody searched for, to be searched for again or forgotten. */
export function useHistory() {
  const queries = useQueryClient()
  const mine = computed(() => ['searches', me.value?.id ?? ''])
  const served = useQuery({ queryKey: mine, queryFn: () => find.searched(), enabled: computed(() => !!me.value), staleTime: 0 })
  const items = computed(() => (me.value ? (served.data.value?.items ?? []).map((s) => s.text) : local.value))
  type Kept = Awaited<ReturnType<typeof find.searched>>

  async function without(drop: (text: string) => boolean, ask: () => Promise<unknown>): Promise<boolean> {
    if (!me.value) {
      keep(local.value.filter((t) => !drop(t)))
      return true
    }
    const before = served.data.value
    queries.setQueryData<Kept>(mine.value, (all) => all && { items: all.items.filter((s) => !drop(s.text)) })
    return ask().then(
      () => true,
      () => {
        queries.setQueryData(mine.value, before)
        return false
      },
    )
  }
  return {
    items,
    forget: (text: string) => without((t) => t === text, () => find.forgetSearch(text)),
    clear: () => without(() => true, () => find.forgetSearches()),
  }
}
