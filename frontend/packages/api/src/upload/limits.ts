import type { Ability, Abilities } from './tus'

/** What is taken if the server has not said so yet: the least it takes anywhere. */
export const usual: Abilities = {
  picture: { able: true, types: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'], max_bytes: 20 << 20, max_pixels: 40_000_000 },
  video: { able: false, types: ['video/mp4', 'video/quicktime', 'video/webm', 'video/x-matroska'], max_bytes: 1 << 30, max_seconds: 900 },
  captions: { able: true, types: ['text/vtt'], max_bytes: 1 << 20 },
}

const unnamed: Record<string, string> = { mkv: 'video/x-matroska', mov: 'video/quicktime', vtt: 'text/vtt', webm: 'video/webm', mp4: 'video/mp4' }

/** A file's type; some systems know none for the rarer ones. */
export function typeOf(file: { name: string; type: string }): string {
  return file.type || unnamed[file.name.split('.').pop()?.toLowerCase() ?? ''] || ''
}

/** Why a file is not taken, found before a byte of it is sent; "" if it may be. */
export function refused(file: { name: string; type: string; size: number }, what: 'picture' | 'video' | 'captions', a: Ability): string {
  const type = typeOf(file)
  if (!a.able) return 'video_unavailable'
  if (/\.(heic|heif)$/i.test(file.name) || /^image\/hei[cf]/.test(type)) return 'heic'
  if (!a.types.includes(type)) return { picture: 'not_a_picture', video: 'not_a_video', captions: 'not_captions' }[what]
  if (file.size > a.max_bytes) return 'too_large'
  return file.size === 0 ? 'empty_file' : ''
}
