import { encode } from 'uqr'

export interface Poster {
  title: string
  author: string
  labels: string[]
  scan: string
  url: string
  cover?: string
}

const width = 750
const edge = 44
const font = (px: number, weight = 400) => `${weight} ${px}px -apple-system, BlinkMacSystemFont, "PingFang SC", "Noto Sans CJK SC", "Noto Sans SC", "Segoe UI", Roboto, sans-serif`

/** Cuts a text into lines that fit; the last one says that there is more. */
export function linesOf(text: string, most: number, room: number, measure: (s: string) => number): string[] {
  // Words stay whole where there are words; other scripts break anywhere.
  const pieces = text.replace(/\s+/g, ' ').trim().match(/[A-Za-z0-9'’.,!?:;()-]+ ?|./gu) ?? []
  const lines: string[] = []
  let line = ''
  for (const piece of pieces) {
    if (line && measure(line + piece.trimEnd()) > room) {
      lines.push(line.trimEnd())
      line = ''
    }
    line += piece
  }
  if (line.trim()) lines.push(line.trimEnd())
  if (lines.length <= most) return lines
  const kept = lines.slice(0, most)
  let last = kept[most - 1]!
  while (last && measure(`${last}…`) > room) last = last.slice(0, -1)
  kept[most - 1] = `${last}…`
  return kept
}

function load(url: string): Promise<HTMLImageElement | null> {
  return new Promise((resolve) => {
    const img = new Image()
    img.addEventListener('load', () => resolve(img))
    img.addEventListener('error', () => resolve(null)) // The poster is drawn without it.
    img.src = url
  })
}

function drawCode(g: CanvasRenderingContext2D, url: string, x: number, y: number, size: number): void {
  const { data, size: n } = encode(url, { ecc: 'M', border: 2 })
  const dot = size / n
  g.fillStyle = '#fff'
  g.fillRect(x, y, size, size)
  g.fillStyle = '#111'
  data.forEach((row, r) => row.forEach((on, c) => on && g.fillRect(x + Math.floor(c * dot), y + Math.floor(r * dot), Math.ceil(dot), Math.ceil(dot))))
}

/** Draws a poster: the cover, what it is, who made it, and a code that leads there. */
export async function drawPoster(p: Poster): Promise<Blob> {
  const canvas = document.createElement('canvas')
  const g = canvas.getContext('2d')!
  const img = p.cover ? await load(p.cover) : null
  const shape = img ? Math.min(1.35, Math.max(0.75, img.height / img.width)) : 0.5
  const coverHeight = Math.round((width - 2 * edge) * shape)
  g.font = font(38, 700)
  const title = linesOf(p.title, 3, width - 2 * edge, (s) => g.measureText(s).width)
  const labelled = p.labels.length > 0
  const titleTop = edge + coverHeight + 40 + (labelled ? 56 : 0)
  canvas.width = width
  canvas.height = titleTop + title.length * 54 + 34 + 190 + edge

  g.fillStyle = '#fff'
  g.fillRect(0, 0, width, canvas.height)
  g.save()
  g.beginPath()
  g.roundRect(edge, edge, width - 2 * edge, coverHeight, 24)
  g.clip()
  g.fillStyle = '#f1e7e8'
  g.fillRect(edge, edge, width - 2 * edge, coverHeight)
  if (img) {
    const scale = Math.max((width - 2 * edge) / img.width, coverHeight / img.height)
    g.drawImage(img, edge + (width - 2 * edge - img.width * scale) / 2, edge + (coverHeight - img.height * scale) / 2, img.width * scale, img.height * scale)
  }
  g.restore()

  g.textBaseline = 'top'
  if (labelled) {
    let x = edge
    g.font = font(24, 500)
    for (const label of p.labels) {
      const w = g.measureText(label).width + 24
      g.fillStyle = '#eeeef0'
      g.beginPath()
      g.roundRect(x, titleTop - 56, w, 40, 10)
      g.fill()
      g.fillStyle = '#3a3a42'
      g.fillText(label, x + 12, titleTop - 49)
      x += w + 12
    }
  }
  g.fillStyle = '#1d1d20'
  g.font = font(38, 700)
  title.forEach((line, i) => g.fillText(line, edge, titleTop + i * 54))
  const foot = titleTop + title.length * 54 + 34
  g.font = font(30, 600)
  g.fillText(linesOf(`@${p.author}`, 1, width - 2 * edge - 220, (s) => g.measureText(s).width)[0] ?? '', edge, foot + 22)
  g.fillStyle = '#5c5c66'
  g.font = font(26)
  g.fillText(p.scan, edge, foot + 70)
  g.fillStyle = '#d9122f'
  g.font = font(34, 800)
  g.fillText('meadow', edge, foot + 126)
  drawCode(g, p.url, width - edge - 190, foot, 190)

  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png'))
}
