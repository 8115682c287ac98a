import type { Page } from '@meadow/api'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, reactive, ref, watch, type ComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'
import { shop } from './shop'
import { searched, sorted } from './rows'

/** A column of a list. */
export interface Column<T> {
  key: string
  label: string
  /** The cell as text: shown where no slot draws it, searched, and written to CSV. */
  text: (row: T) => string
  /** What to sort by; a column without it cannot be sorted. */
  sort?: (row: T) => string | number
  end?: boolean // numbers
  off?: boolean // not shown until chosen
}

/** A choice that narrows a list. With test the choice is made here, otherwise by the server. */
export interface Filter<T> {
  key: string
  label: string
  options: { value: string; label: string }[]
  test?: (row: T, value: string) => boolean
}

export interface TableSpec<T> {
  /** Names the list's cache and its saved views: "products". */
  name: string
  load: (ask: { after: string; limit: number; filters: Record<string, string> }) => Promise<Page<T>>
  id: (row: T) => string
  /** What to call a row, for those who hear it. */
  label: (row: T) => string
  columns: ComputedRef<Column<T>[]>
  filters?: ComputedRef<Filter<T>[]>
  /** How many rows a page shows. */
  limit?: number
  /** What is chosen before anybody chooses. */
  begin?: Record<string, string>
}

/** The most rows that are read to search, sort or export a list. */
export const most = 1000
const prefix = 'f_'
const one = (v: LocationQuery[string] | undefined) => (typeof v === 'string' ? v : '')

/**
 * A list as a console shows it. Its state is in the URL. Lists come by cursor, in
 * the server's order; to search or to sort one otherwise it is read to its end,
 * or to `most` rows, which is then said.
 */
export function useTable<T>(spec: TableSpec<T>) {
  const route = useRoute()
  const router = useRouter()
  const queries = useQueryClient()
  const path = route.path
  const limit = spec.limit ?? 20

  const query = computed(() => (route.path === path ? route.query : {}))
  const q = computed(() => one(query.value.q))
  const sort = computed(() => one(query.value.sort))
  const after = computed(() => one(query.value.after))
  const at = computed(() => Math.max(0, Number(one(query.value.page)) || 0))
  const filters = computed<Record<string, string>>(() => ({
    ...spec.begin,
    ...Object.fromEntries(Object.entries(query.value).flatMap(([k, v]) => (k.startsWith(prefix) ? [[k.slice(prefix.length), one(v)]] : []))),
  }))
  const offered = computed(() => spec.filters?.value ?? [])
  const here = computed(() => offered.value.filter((f) => f.test && filters.value[f.key]))
  const asked = computed(() => {
    const local = new Set(offered.value.filter((f) => f.test).map((f) => f.key))
    return Object.fromEntries(Object.entries(filters.value).filter(([k, v]) => v && !local.has(k)))
  })
  const chosenColumns = computed(() => one(query.value.cols).split(',').filter(Boolean))
  const shown = computed(() => spec.columns.value.filter((c) => (chosenColumns.value.length ? chosenColumns.value.includes(c.key) : !c.off)))
  /** Whether the list has to be read as a whole. */
  const whole = computed(() => q.value.trim() !== '' || sort.value !== '' || here.value.length > 0)

  async function all(of = asked.value): Promise<{ items: T[]; more: boolean }> {
    const items: T[] = []
    for (let next = ''; ; ) {
      const page = await spec.load({ after: next, limit: 50, filters: of })
      items.push(...page.items)
      next = page.next ?? ''
      if (!next || items.length >= most) return { items: items.slice(0, most), more: next !== '' }
    }
  }
  const loaded = useQuery({
    queryKey: computed(() => ['table', shop.value, spec.name, whole.value, asked.value, whole.value ? '' : after.value]),
    queryFn: async () => {
      if (whole.value) return { ...(await all()), next: '' }
      const page = await spec.load({ after: after.value, limit, filters: asked.value })
      return { items: page.items, more: false, next: page.next ?? '' }
    },
    placeholderData: (old, was) => (was?.queryKey[2] === spec.name && was.queryKey[1] === shop.value ? old : undefined),
  })
  /** All that match, where the list was read as a whole; this page otherwise. */
  const matching = computed(() => {
    let rows = loaded.data.value?.items ?? []
    for (const f of here.value) rows = rows.filter((r) => f.test!(r, filters.value[f.key]!))
    rows = searched(rows, q.value, spec.columns.value)
    return sorted(rows, sort.value, spec.columns.value)
  })
  const rows = computed(() => (whole.value ? matching.value.slice(at.value * limit, (at.value + 1) * limit) : matching.value))
  const hasNext = computed(() => (whole.value ? (at.value + 1) * limit < matching.value.length : Boolean(loaded.data.value?.next)))
  const hasBack = computed(() => (whole.value ? at.value > 0 : after.value !== ''))

  const set = (change: Record<string, string | undefined>) => router.replace({ query: { ...query.value, after: undefined, page: undefined, ...Object.fromEntries(Object.entries(change).map(([k, v]) => [k, v || undefined])) } })
  const trail: string[] = []
  function forward(): void {
    if (whole.value) return void set({ page: String(at.value + 1) })
    trail.push(after.value)
    void set({ after: loaded.data.value!.next })
  }
  function back(): void {
    void (whole.value ? set({ page: at.value > 1 ? String(at.value - 1) : '' }) : set({ after: trail.pop() ?? '' }))
  }

  /** What is chosen, on whichever page it was. */
  const chosen = reactive(new Map<string, T>()) as Map<string, T>
  function choose(list: readonly T[], on: boolean): void {
    for (const r of list) {
      if (on) chosen.set(spec.id(r), r)
      else chosen.delete(spec.id(r))
    }
  }
  // What was chosen is shown as it is now.
  watch(rows, (now) => now.forEach((r) => chosen.has(spec.id(r)) && chosen.set(spec.id(r), r)))
  // Another shop or another state of things is another list; another page is not.
  watch([() => JSON.stringify(asked.value), () => shop.value], () => chosen.clear())

  const gathering = ref(false)
  /** Every row that matches, on all pages. */
  async function everything(): Promise<T[]> {
    if (whole.value) return matching.value
    gathering.value = true
    try {
      return (await all()).items
    } finally {
      gathering.value = false
    }
  }

  return {
    spec, q, sort, filters, offered, shown, rows, matching, whole, hasNext, hasBack, at, limit, chosen, gathering,
    cut: computed(() => Boolean(loaded.data.value?.more)),
    pending: loaded.isPending,
    stale: loaded.isPlaceholderData,
    error: loaded.error,
    refetch: () => loaded.refetch(),
    /** Reads the list anew, all of its pages. */
    again: () => queries.invalidateQueries({ queryKey: ['table', shop.value, spec.name] }),
    search: (words: string) => set({ q: words }),
    sortBy: (key: string) => set({ sort: sort.value === key ? `-${key}` : sort.value === `-${key}` ? '' : key }),
    filter: (key: string, value: string) => router.replace({ query: { ...query.value, after: undefined, page: undefined, [prefix + key]: value || (spec.begin?.[key] ? '' : undefined) } }),
    columns: (keys: string[]) => router.replace({ query: { ...query.value, cols: keys.join(',') || undefined } }),
    clear: () => router.replace({ query: {} }),
    /** What a saved view keeps: everything but the page. */
    state: computed(() => Object.fromEntries(Object.entries(query.value).filter(([k, v]) => k !== 'after' && k !== 'page' && typeof v === 'string')) as Record<string, string>),
    open: (state: Record<string, string>) => router.replace({ query: state }),
    forward, back, choose, everything,
  }
}

export type Table<T> = ReturnType<typeof useTable<T>>
