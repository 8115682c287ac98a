/**
 * The average colour of a ThumbHash, as a placeholder that costs no request and
 * no decoding. Undefined for what is not a ThumbHash.
 */
export function averageColour(hash: string | undefined): string | undefined {
  if (!hash) return undefined
  let bytes: string
  try {
    bytes = atob(hash)
  } catch {
    return undefined
  }
  if (bytes.length < 5) return undefined
  const head = bytes.charCodeAt(0) | (bytes.charCodeAt(1) << 8) | (bytes.charCodeAt(2) << 16)
  const l = (head & 63) / 63
  const p = ((head >> 6) & 63) / 31.5 - 1
  const q = ((head >> 12) & 63) / 31.5 - 1
  const b = l - (2 / 3) * p
  const r = (3 * l - b + q) / 2
  const g = r - q
  const channel = (v: number) => Math.round(Math.min(1, Math.max(0, v)) * 255)
  return `rgb(${channel(r)} ${channel(g)} ${channel(b)})`
}
