import { computed, onScopeDispose, ref } from 'vue'
import { forget, same, unfinished, type Kept } from './keep'
import { lineOf, moving, next, over, type Happening, type Line } from './line'
import { refused, usual } from './limits'
import { keepPreview, previewOf, shrunk } from './previews'
import { Sending, type Ability, type Kind, type Purpose } from './tus'

/** A file on its way into a post, a product or a comment. */
export interface Sent {
  key: string
  name: string
  kind: Kind
  /** Address of a picture of it in this page; "" for none. */
  preview: string
  alt: string
  line: Line
  media: string
  /** The chosen file, and the one that is sent if it was cropped. */
  file?: File
  cropped?: File
  /** Begun before the page was loaded again. */
  kept?: Kept
}

/** Moves the item at from to to. */
export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const out = [...items]
  const [it] = out.splice(from, 1)
  if (it !== undefined) out.splice(Math.max(0, Math.min(out.length, to)), 0, it)
  return out
}

export interface FilesOf {
  purpose: Purpose
  kind: Kind
  most: number
  /** What is taken, as far as it is known. */
  ability?: () => Ability | undefined
  /** The draft they belong to: with one they survive a reload. */
  where?: () => string
}

/** The files of an editor: chosen, sent at once, put in order. */
export function useFiles(of: FilesOf) {
  const list = ref<Sent[]>([])
  const running = new Map<string, Sending>()
  const sending = computed(() => list.value.some((f) => !over(f.line)))
  const ready = computed(() => list.value.length > 0 && list.value.every((f) => f.line.step === 'ready'))
  const wanted = computed(() => list.value.filter((f) => f.line.step === 'ready' && f.media).map((f) => ({ id: f.media, alt: f.alt.trim() })))

  const patch = (key: string, change: Partial<Sent>) => {
    list.value = list.value.map((f) => (f.key === key ? { ...f, ...change } : f))
  }
  const find = (key: string) => list.value.find((f) => f.key === key)
  const happen = (key: string, h: Happening) => {
    const f = find(key)
    // Its name is known with its ticket, before anybody may use it.
    if (f) patch(key, { line: next(f.line, h), media: running.get(key)?.media || f.media })
  }

  function follow(key: string, s: Sending): void {
    running.set(key, s)
    s.done.then(
      async (media) => {
        patch(key, { media, kept: undefined })
        const f = find(key)
        if (f?.kind === 'picture' && f.file && of.where) {
          const small = await shrunk(f.cropped ?? f.file)
          if (small) await keepPreview(media, small)
        }
      },
      () => undefined, // The line says why.
    ).finally(() => {
      if (running.get(key) === s) running.delete(key)
    })
  }

  function send(f: Sent, kept: Kept | null = null): void {
    const file = f.cropped ?? f.file!
    const why = refused(file, of.kind, of.ability?.() ?? usual[of.kind])
    if (why) return patch(f.key, { line: next(lineOf(file.size), { is: 'refused', reason: why }) })
    patch(f.key, { line: lineOf(file.size, 'waiting', kept ? f.line.sent : 0) })
    follow(f.key, new Sending(file, { purpose: of.purpose, kind: of.kind, where: of.where?.() }, (h) => happen(f.key, h), kept))
  }

  /** Adds files, and returns how many there was no room for. */
  function add(files: Iterable<File>): number {
    const room = of.most - list.value.length
    const picked = [...files]
    for (const file of picked.slice(0, room)) {
      const f: Sent = { key: crypto.randomUUID(), name: file.name, kind: of.kind, preview: of.kind === 'picture' ? URL.createObjectURL(file) : '', alt: '', line: lineOf(file.size), media: '', file }
      list.value = [...list.value, f]
      send(f)
    }
    return Math.max(0, picked.length - room)
  }

  function release(f: Sent): void {
    if (f.preview.startsWith('blob:')) URL.revokeObjectURL(f.preview)
  }

  function remove(key: string): void {
    const f = find(key)
    running.get(key)?.cancel()
    if (f?.kept) forget(f.kept.upload)
    if (f) release(f)
    list.value = list.value.filter((x) => x.key !== key)
  }

  function retry(key: string): void {
    const f = find(key)
    if (f?.file) send(f)
  }

  /** Sends another file in place of the one that was, such as its cropping. */
  function replace(key: string, cropped: File | undefined): void {
    const f = find(key)
    if (!f?.file) return
    running.get(key)?.cancel()
    release(f)
    patch(key, { cropped, preview: URL.createObjectURL(cropped ?? f.file), media: '' })
    send(find(key)!)
  }

  /** Goes on with an upload from before, if this is its file. */
  async function again(key: string, file: File): Promise<boolean> {
    const f = find(key)
    if (!f?.kept || !(await same(file, f.kept))) return false
    patch(key, { file, preview: f.preview || (of.kind === 'picture' ? URL.createObjectURL(file) : '') })
    send(find(key)!, f.kept)
    return true
  }

  /** Begins with what is there already, and what had begun before. */
  async function load(there: readonly { id: string; alt: string; preview?: string }[], where = ''): Promise<void> {
    for (const s of running.values()) s.leave()
    list.value.forEach(release)
    list.value = there.map((p) => ({ key: p.id, name: p.alt, kind: of.kind, preview: p.preview ?? '', alt: p.alt, line: { ...lineOf(0), step: 'ready' }, media: p.id }))
    for (const k of unfinished(where).filter((x) => x.kind === of.kind && x.purpose === of.purpose && !there.some((p) => p.id === x.media))) {
      if (list.value.length >= of.most) break
      const key = k.upload
      list.value = [...list.value, { key, name: k.name, kind: of.kind, preview: '', alt: '', line: lineOf(k.size, 'missing'), media: k.media, kept: k }]
      follow(key, new Sending(null, { purpose: of.purpose, kind: of.kind, where }, (h) => happen(key, h), k))
    }
    await Promise.all(
      list.value.filter((f) => !f.preview && f.media).map(async (f) => {
        const preview = await previewOf(f.media)
        if (preview) patch(f.key, { preview })
      }),
    )
  }

  const online = () => running.forEach((s) => s.nudge())
  const leaving = (e: BeforeUnloadEvent) => {
    if (list.value.some((f) => moving(f.line))) e.preventDefault()
  }
  addEventListener('online', online)
  addEventListener('beforeunload', leaving)
  onScopeDispose(() => {
    removeEventListener('online', online)
    removeEventListener('beforeunload', leaving)
    for (const s of running.values()) s.leave()
    list.value.forEach(release)
  })

  return {
    list, sending, ready, wanted, add, remove, retry, replace, again, load, patch,
    move: (from: number, to: number) => void (list.value = moved(list.value, from, to)),
    pause: (key: string) => running.get(key)?.pause(),
    resume: (key: string) => running.get(key)?.resume(),
  }
}

export type Files = ReturnType<typeof useFiles>
