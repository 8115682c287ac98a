import { ApiError } from '@meadow/api'
import { studioApi, type Case, type Outcome, type Queue, type Reason } from '@meadow/api/studio'
import { computed, onScopeDispose, ref, shallowRef } from 'vue'

/** A decision that can still be taken back. */
export interface Undoable { case: Case; outcome: Outcome | 'escalated'; until: number }
const undoTime = 10_000

/** The cases of one queue, one after the other; the next is there before it is asked for. */
export function useQueue(queue: Queue, say: (err: unknown) => void) {
  const cases = shallowRef<Case[]>([])
  const state = ref<'loading' | 'ready' | 'failed'>('loading')
  const failure = ref<unknown>(null)
  const undoable = shallowRef<Undoable | null>(null)
  const busy = ref(false)
  const passed = new Set<string>()
  let after = ''
  let more = true
  let timer: ReturnType<typeof setTimeout> | undefined

  const now = computed(() => cases.value[0])
  const next = computed(() => cases.value[1])

  async function fill(): Promise<void> {
    while (more && cases.value.length < 3) {
      const page = await studioApi.queue({ queue, after, limit: 20 })
      after = page.next ?? ''
      more = after !== ''
      cases.value = [...cases.value, ...page.items.filter((c) => !passed.has(c.id) && !cases.value.some((x) => x.id === c.id))]
      for (const c of page.items.slice(0, 3)) if (c.facts.thumb) new Image().src = c.facts.thumb
    }
  }
  async function load(): Promise<void> {
    state.value = 'loading'
    cases.value = []
    passed.clear()
    after = ''
    more = true
    try {
      await fill()
      state.value = 'ready'
    } catch (err) {
      failure.value = err
      state.value = 'failed'
    }
  }
  function advance(id: string): void {
    passed.add(id)
    cases.value = cases.value.filter((c) => c.id !== id)
    void fill().catch(() => undefined) // The next decision tries again.
  }

  /** Runs what is done with the case in view, and goes on to the next. */
  async function done(outcome: Undoable['outcome'], run: (c: Case) => Promise<Case>): Promise<void> {
    const c = now.value
    if (!c || busy.value) return
    busy.value = true
    try {
      await run(c)
      advance(c.id)
      if (outcome !== 'escalated') offer({ case: c, outcome, until: Date.now() + undoTime })
    } catch (err) {
      say(err)
      if (err instanceof ApiError && err.reason === 'case_decided') advance(c.id)
    } finally {
      busy.value = false
    }
  }
  function offer(u: Undoable): void {
    clearTimeout(timer)
    undoable.value = u
    timer = setTimeout(() => (undoable.value = null), undoTime)
  }
  async function undo(): Promise<void> {
    const u = undoable.value
    if (!u) return
    undoable.value = null
    clearTimeout(timer)
    try {
      const back = await studioApi.undo(u.case.id)
      passed.delete(back.id)
      cases.value = [{ ...u.case, ...back }, ...cases.value]
    } catch (err) {
      say(err)
    }
  }
  onScopeDispose(() => clearTimeout(timer))

  return {
    cases, now, next, state, failure, busy, undoable, load, undo,
    skip: () => now.value && advance(now.value.id),
    decide: (outcome: Outcome, reason: Reason | undefined, strike: boolean, note: string) => done(outcome, (c) => studioApi.decide(c.id, { seen: c.at, outcome, ...(reason ? { reason } : {}), strike, note })),
    escalate: (note: string) => done('escalated', (c) => studioApi.escalate(c.id, note)),
  }
}
