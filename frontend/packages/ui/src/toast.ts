import { ref, shallowReactive } from 'vue'

export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'good' | 'bad'
}

/** What is being said right now, latest last. */
export const toasts = shallowReactive<Toast[]>([])

/** The open sheets, the topmost last: what lies outside it is inert. */
export const layers = shallowReactive<HTMLElement[]>([])

const next = ref(1)

/** Says something for a few seconds, in a live region. */
export function toast(text: string, tone: Toast['tone'] = 'plain'): void {
  const id = next.value++
  if (toasts.length >= 3) toasts.shift()
  toasts.push({ id, text, tone })
  setTimeout(() => {
    const i = toasts.findIndex((t) => t.id === id)
    if (i >= 0) toasts.splice(i, 1)
  }, 4200)
}
