/** Where a picture lies under a square frame: its scale, and its centre's offset. */
export interface Crop {
  zoom: number
  x: number
  y: number
}

/** Keeps the picture under the whole frame; offsets are in parts of the frame's side. */
export function within(c: Crop, width: number, height: number): Crop {
  const zoom = Math.min(4, Math.max(1, c.zoom))
  const short = Math.min(width, height)
  const room = (side: number) => Math.max(0, ((side / short) * zoom - 1) / 2)
  const clamp = (v: number, most: number) => Math.min(most, Math.max(-most, v)) || 0
  return { zoom, x: clamp(c.x, room(width)), y: clamp(c.y, room(height)) }
}

/** The square of the picture that the frame shows, in the picture's pixels. */
export function squareOf(c: Crop, width: number, height: number): { x: number; y: number; side: number } {
  const side = Math.min(width, height) / within(c, width, height).zoom
  const { x, y } = within(c, width, height)
  return { x: width / 2 - x * side - side / 2, y: height / 2 - y * side - side / 2, side }
}
