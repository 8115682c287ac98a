import { reactive, watch } from 'vue'

/** How somebody watches, kept on this device. */
export interface Settings {
  /** Whether keys steer the feed. */
  keys: boolean
  /** Whether the next video follows by itself; else each is repeated. */
  next: boolean
  speed: number
  /** The short side of the picture in pixels, or 0 for what the line allows. */
  quality: number
  /** The language of captions, or "" for none. */
  captions: string
  /** Nothing is fetched ahead. */
  saver: boolean
}

export const speeds = [0.5, 0.75, 1, 1.25, 1.5, 2, 3] as const
const key = 'reel'
const usual: Settings = { keys: true, next: false, speed: 1, quality: 0, captions: '', saver: false }

/** What was kept, as far as it makes sense. */
export function read(kept: string | null): Settings {
  try {
    const had = JSON.parse(kept ?? '{}') as Record<string, unknown>
    const out: Record<string, unknown> = { ...usual }
    for (const [k, v] of Object.entries(usual)) if (typeof had[k] === typeof v) out[k] = had[k]
    const s = out as unknown as Settings
    return { ...s, speed: (speeds as readonly number[]).includes(s.speed) ? s.speed : 1 }
  } catch {
    return { ...usual }
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null // storage is switched off
  }
}

export const settings = reactive(read(stored()))
watch(settings, (now) => {
  try {
    localStorage.setItem(key, JSON.stringify(now))
  } catch {
    // It lasts as long as the page.
  }
})

/** Whether bytes are to be saved: because somebody said so here, or in the browser. */
export function sparing(): boolean {
  return settings.saver || (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true
}
