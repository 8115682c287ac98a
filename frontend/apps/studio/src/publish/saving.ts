import { ApiError, Intention } from '@meadow/api'
import { studioApi, type Draft, type DraftContent } from '@meadow/api/studio'
import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'
import { begun } from './content'

export type SaveState = 'clean' | 'dirty' | 'saving' | 'failed' | 'conflict' | 'sent' | 'refused'
const every = 5000

/** Keeps a draft: begins it once there is something, and saves it every five seconds while it changes. */
export function useSaving(draft: Ref<Draft | null>, content: Ref<DraftContent>, as: () => string, began: (d: Draft) => void) {
  const state = ref<SaveState>('clean')
  const why = ref<unknown>(null)
  const saved = ref('')
  const intention = new Intention()
  const asText = computed(() => JSON.stringify(content.value))
  let running: Promise<boolean> | null = null
  let on = false

  watch(asText, (now) => {
    if (on && state.value !== 'conflict' && state.value !== 'sent' && state.value !== 'saving') state.value = now === saved.value ? 'clean' : 'dirty'
  })

  async function store(force: boolean): Promise<boolean> {
    const text = asText.value
    const c = JSON.parse(text) as DraftContent
    if (draft.value && text === saved.value) return true
    if (!draft.value && !force && !begun(c)) return true
    state.value = 'saving'
    try {
      if (draft.value) draft.value = await studioApi.saveDraft(draft.value.id, draft.value.rev, c)
      else {
        draft.value = await studioApi.begin(c, intention.keyFor(c), as() || undefined)
        began(draft.value)
      }
      saved.value = text
      state.value = asText.value === text ? 'clean' : 'dirty'
      return true
    } catch (err) {
      why.value = err
      const reason = err instanceof ApiError ? err.reason : ''
      state.value = reason === 'draft_changed' ? 'conflict' : reason === 'draft_published' ? 'sent' : err instanceof ApiError && err.status < 500 ? 'refused' : 'failed'
      return false
    }
  }

  /** Saves now, after what is being saved; false if it could not be. */
  async function save(force = false): Promise<boolean> {
    while (running) await running
    if (state.value === 'conflict' || state.value === 'sent') return false
    running = store(force)
    try {
      return await running
    } finally {
      running = null
    }
  }

  /** Says that what is on the screen is what the server has. */
  function settle(): void {
    saved.value = asText.value
    state.value = 'clean'
    on = true
  }

  /** Puts what is here over what somebody saved elsewhere. */
  async function overwrite(): Promise<boolean> {
    draft.value = await studioApi.draft(draft.value!.id)
    state.value = 'dirty'
    saved.value = ''
    return save()
  }

  const timer = setInterval(() => {
    if (on && !running && (state.value === 'dirty' || state.value === 'failed')) void save()
  }, every)
  const hidden = () => {
    if (document.visibilityState === 'hidden' && state.value === 'dirty') void save()
  }
  document.addEventListener('visibilitychange', hidden)
  onScopeDispose(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', hidden)
    if (on && state.value === 'dirty') void save()
  })
  return { state, why, save, settle, overwrite }
}
