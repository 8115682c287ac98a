/** A video element that has read the head of a file, or null for what this browser cannot play. */
export function opened(file: File, patience = 6000): Promise<HTMLVideoElement | null> {
  return new Promise((resolve) => {
    const v = document.createElement('video')
    v.muted = true
    v.preload = 'auto'
    v.playsInline = true
    const give = (ok: boolean) => {
      clearTimeout(timer)
      if (!ok) close(v)
      resolve(ok ? v : null)
    }
    const timer = setTimeout(() => give(false), patience)
    v.addEventListener('loadeddata', () => give(v.videoWidth > 0), { once: true })
    v.addEventListener('error', () => give(false), { once: true })
    v.src = URL.createObjectURL(file)
  })
}

export function close(v: HTMLVideoElement): void {
  URL.revokeObjectURL(v.src)
  v.removeAttribute('src')
  v.load()
}

/** Moves a video to a second, and settles once that picture is there. */
export function seek(v: HTMLVideoElement, second: number): Promise<void> {
  return new Promise((resolve) => {
    v.addEventListener('seeked', () => resolve(), { once: true })
    v.currentTime = Math.max(0, Math.min(second, v.duration || 0))
  })
}

/** The picture that a video shows now, as a file. */
export function frame(v: HTMLVideoElement, name: string): Promise<File | null> {
  const canvas = document.createElement('canvas')
  canvas.width = v.videoWidth
  canvas.height = v.videoHeight
  canvas.getContext('2d')!.drawImage(v, 0, 0)
  return new Promise((resolve) => canvas.toBlob((b) => resolve(b && new File([b], `${name.replace(/\.\w+$/, '')}.jpg`, { type: 'image/jpeg' })), 'image/jpeg', 0.92))
}

/** An instant as people type it: 83000 ms is 1:23. */
export function clockOf(ms: number): string {
  const s = Math.floor(ms / 1000)
  const two = (n: number) => String(n).padStart(2, '0')
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`
}

/** The instant that was typed, or null: 1:23, 83 and 1:02:03 are. */
export function msOf(typed: string): number | null {
  const m = /^\s*(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5})\s*$/.exec(typed)
  if (!m) return null
  if (m[2] !== undefined && Number(m[3]) > 59) return null
  return (Number(m[1] ?? 0) * 3600 + Number(m[2] ?? 0) * 60 + Number(m[3])) * 1000
}
