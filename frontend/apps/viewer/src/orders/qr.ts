import { encode } from 'uqr'

/** A code to scan, as one path on a grid of n × n: black where it is filled. */
export function codePath(text: string): { path: string; n: number } {
  const { data, size } = encode(text, { ecc: 'M', border: 2 })
  const path = data.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return { path, n: size }
}
