import type { Picture, PictureRef } from './types'

/** A picture of which perhaps only the id is known, as something to show. */
export function shown(p: PictureRef | undefined, alt = ''): Picture | undefined {
  if (!p) return undefined
  if (typeof p !== 'string') return p
  const path = `/media/pic/${encodeURIComponent(p)}`
  return { id: p, alt, width: 0, height: 0, thumbhash: '', thumb: `${path}/thumb`, card: `${path}/card`, full: `${path}/full` }
}
