import { ApiError, type Picture } from '@meadow/api'
import { computed, onBeforeUnmount, ref } from 'vue'
import { accepted, maxBytes, upload, UploadError, type Running } from './tus'

/** A picture on its way into a post or a product. */
export interface Draftpic {
  key: string
  name: string
  preview: string
  alt: string
  state: 'sending' | 'ready' | 'failed'
  part: number
  reason: string
  media: string
  file?: File
}

/** Moves the item at from to to. */
export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const out = [...items]
  const [it] = out.splice(from, 1)
  if (it !== undefined) out.splice(Math.max(0, Math.min(out.length, to)), 0, it)
  return out
}

/** The pictures of an editor: picked, sent at once, put in order. */
export function usePictures(purpose: 'post' | 'product', most: number) {
  const list = ref<Draftpic[]>([])
  const running = new Map<string, Running>()
  const sending = computed(() => list.value.some((p) => p.state === 'sending'))
  const ready = computed(() => list.value.length > 0 && list.value.every((p) => p.state === 'ready'))
  const wanted = computed(() => list.value.map((p) => ({ id: p.media, alt: p.alt.trim() })))

  const patch = (key: string, change: Partial<Draftpic>) => {
    list.value = list.value.map((p) => (p.key === key ? { ...p, ...change } : p))
  }

  async function send(p: Draftpic): Promise<void> {
    const file = p.file!
    if (!accepted.includes(file.type)) return patch(p.key, { state: 'failed', reason: 'not_a_picture' })
    if (file.size > maxBytes) return patch(p.key, { state: 'failed', reason: 'too_large' })
    patch(p.key, { state: 'sending', part: 0, reason: '' })
    const r = upload(file, purpose, (part) => patch(p.key, { part }))
    running.set(p.key, r)
    try {
      patch(p.key, { media: await r.done, state: 'ready', part: 1 })
    } catch (err) {
      patch(p.key, { state: 'failed', reason: err instanceof UploadError || err instanceof ApiError ? err.reason : 'upload_failed' })
    } finally {
      running.delete(p.key)
    }
  }

  function add(files: Iterable<File>): number {
    const room = most - list.value.length
    const picked = [...files]
    for (const file of picked.slice(0, room)) {
      const p: Draftpic = { key: crypto.randomUUID(), name: file.name, preview: URL.createObjectURL(file), alt: '', state: 'sending', part: 0, reason: '', media: '', file }
      list.value = [...list.value, p]
      void send(p)
    }
    return Math.max(0, picked.length - room)
  }

  function remove(key: string): void {
    running.get(key)?.abort()
    const p = list.value.find((x) => x.key === key)
    if (p?.file) URL.revokeObjectURL(p.preview)
    list.value = list.value.filter((x) => x.key !== key)
  }

  function retry(key: string): void {
    const p = list.value.find((x) => x.key === key)
    if (p?.file) void send(p)
  }

  function move(from: number, to: number): void {
    list.value = moved(list.value, from, to)
  }

  /** Begins with pictures that are there already. */
  function load(pictures: readonly Picture[]): void {
    list.value = pictures.map((p) => ({ key: p.id, name: p.alt, preview: p.card, alt: p.alt, state: 'ready', part: 1, reason: '', media: p.id }))
  }

  const leaving = (e: BeforeUnloadEvent) => {
    if (sending.value) e.preventDefault()
  }
  addEventListener('beforeunload', leaving)
  onBeforeUnmount(() => {
    removeEventListener('beforeunload', leaving)
    for (const r of running.values()) r.abort()
    for (const p of list.value) if (p.file) URL.revokeObjectURL(p.preview)
  })
  return { list, sending, ready, wanted, add, remove, retry, move, load, patch }
}
