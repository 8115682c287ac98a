/** A video in one size. */
export interface Variant {
  /** The short side of its picture, in pixels. */
  side: number
  hls: string
  mp4: string
}

/** The sizes that a playlist of playlists names, the largest first. */
export function variantsOf(master: string, url: string): Variant[] {
  const out: Variant[] = []
  let side = 0
  for (const line of master.split(/\r?\n/)) {
    const size = /^#EXT-X-STREAM-INF:.*RESOLUTION=(\d+)x(\d+)/.exec(line)
    if (size) side = Math.min(Number(size[1]), Number(size[2]))
    else if (side && line && !line.startsWith('#')) {
      const hls = new URL(line, url).href
      out.push({ side, hls, mp4: hls.replace(/\.m3u8$/, '.mp4') })
      side = 0
    }
  }
  return out.toSorted((a, b) => b.side - a.side)
}

/** The size that comes nearest to what is wanted, without being larger if one is not. */
export function nearest(all: readonly Variant[], side: number): Variant | undefined {
  return all.find((v) => v.side <= side) ?? all.at(-1)
}

/** Asks which sizes there are of a video. */
export async function sizesOf(hls: string): Promise<Variant[]> {
  const answer = await fetch(hls)
  if (!answer.ok) throw new Error(`${answer.status}`)
  return variantsOf(await answer.text(), new URL(hls, location.href).href)
}
