import type { Kind, Purpose } from './tus'

/** An upload that has begun, kept so that it survives a reload of the page. */
export interface Kept {
  upload: string
  media: string
  /** Where it is sent, and what proves that we may: good for this one file. */
  endpoint: string
  url?: string
  token: string
  until: string
  purpose: Purpose
  kind: Kind
  /** The draft or product that it belongs to. */
  where: string
  name: string
  size: number
  mtime: number
  /** SHA-256 of the first bytes. */
  first: string
}

const shelf = 'uploads'

function read(): Kept[] {
  try {
    const all = JSON.parse(localStorage.getItem(shelf) ?? '[]') as Kept[]
    return all.filter((k) => Date.parse(k.until) > Date.now())
  } catch {
    return [] // nothing is kept, or nothing can be
  }
}

function write(all: Kept[]): void {
  try {
    localStorage.setItem(shelf, JSON.stringify(all.slice(-60)))
  } catch {
    // It lasts as long as the page.
  }
}

export function keep(k: Kept): void {
  write([...read().filter((x) => x.upload !== k.upload), k])
}

export function forget(upload: string): void {
  write(read().filter((k) => k.upload !== upload))
}

/** What had begun here and is not known to have ended. */
export function unfinished(where: string): Kept[] {
  return where ? read().filter((k) => k.where === where) : []
}

const head = 1 << 20

/** The SHA-256 of a file's first MiB, in hex; "" where the page may not compute it. */
export async function firstOf(file: Blob): Promise<string> {
  if (!globalThis.crypto?.subtle) return ''
  const sum = await crypto.subtle.digest('SHA-256', await file.slice(0, head).arrayBuffer())
  return Array.from(new Uint8Array(sum), (b) => b.toString(16).padStart(2, '0')).join('')
}

/** Whether a file is the one that an upload began with. */
export async function same(file: File, k: Kept): Promise<boolean> {
  return file.name === k.name && file.size === k.size && file.lastModified === k.mtime && (k.first === '' || (await firstOf(file)) === k.first)
}
