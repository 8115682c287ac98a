const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

function base32(bytes: Uint8Array): string {
  let out = ''
  let buffer = 0
  let bits = 0
  for (const b of bytes) {
    buffer = (buffer << 8) | b
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += alphabet[(buffer >> bits) & 31]
    }
    buffer &= (1 << bits) - 1
  }
  return bits > 0 ? out + alphabet[(buffer << (5 - bits)) & 31] : out
}

/**
 * The id of the picture that an upload becomes. It is derived from the upload's,
 * the way the media role derives it: the first 16 bytes of the SHA-256 of the
 * id's length and text, in base 32.
 */
export async function mediaOf(upload: string): Promise<string> {
  const text = new TextEncoder().encode(upload)
  const part = new Uint8Array(4 + text.length)
  new DataView(part.buffer).setUint32(0, text.length)
  part.set(text, 4)
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', part))
  return `med_${base32(sum.slice(0, 16))}`
}
