import { ref, shallowReactive } from 'vue'

export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'good' | 'bad'
  /** What one can still do about it. */
  action?: { label: string; run: () => void }
}

/** What is being said right now, latest last. */
export const toasts = shallowReactive<Toast[]>([])

/** The open sheets, the topmost last: what lies outside it is inert. */
export const layers = shallowReactive<HTMLElement[]>([])

const next = ref(1)

/** Says something for a few seconds, in a live region. */
export function toast(text: string, tone: Toast['tone'] = 'plain', action?: Toast['action']): void {
  const id = next.value++
  if (toasts.length >= 3) toasts.shift()
  toasts.push({ id, text, tone, ...(action ? { action } : {}) })
  setTimeout(() => untoast(id), action ? 8000 : 4200)
}

/** Stops saying it. */
export function untoast(id: number): void {
  const i = toasts.findIndex((t) => t.id === id)
  if (i >= 0) toasts.splice(i, 1)
}
