/** What is playing sound or pictures now; only one thing does. */
let playing: HTMLVideoElement | null = null

/** Says that a video plays: another one stops. */
export function plays(video: HTMLVideoElement): void {
  if (playing && playing !== video) playing.pause()
  playing = video
}

export function stops(video: HTMLVideoElement): void {
  if (playing === video) playing = null
}

const key = 'sound'

/** Whether somebody has asked for sound in this tab. */
export function soundWanted(): boolean {
  try {
    return sessionStorage.getItem(key) === 'on'
  } catch {
    return false
  }
}

export function keepSound(on: boolean): void {
  try {
    sessionStorage.setItem(key, on ? 'on' : 'off')
  } catch {
    // It lasts as long as this video.
  }
}

/** The chapter that an instant lies in, by index; -1 before the first. */
export function chapterAt(chapters: readonly { at_ms: number }[], ms: number): number {
  return chapters.findLastIndex((c) => c.at_ms <= ms)
}

/** The share of a video that has been reached, in percent. */
export function percentOf(reached: number, duration: number): number {
  return duration > 0 && Number.isFinite(duration) ? Math.min(100, Math.max(0, Math.round((reached / duration) * 100))) : 0
}
