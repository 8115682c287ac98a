import type { Block, BlockKind, Chapter, DraftContent, Genre, Kind, Locale, Mark, Visibility } from '@meadow/api/studio'
import { topicsOf, type DraftTag } from './draft'

/** A part of an article while it is written. */
export interface EditBlock { key: string; kind: BlockKind; text: string; marks: Mark[]; picture: string; product: string }
export interface EditChapter { key: string; at: number; title: string; product: string }
export interface Form {
  kind: Kind; title: string; body: string; topics: string; mentions: { id: string; name: string }[]; place: string; genre: Genre | ''; lang: Locale; visibility: Visibility
  ad: boolean; paidBy: string; ai: boolean; order: string; room: string
}

export const emptyForm = (lang: Locale): Form => ({ kind: 'pictures', title: '', body: '', topics: '', mentions: [], place: '', genre: '', lang, visibility: 'public', ad: false, paidBy: '', ai: false, order: '', room: '' })
export const newBlock = (kind: BlockKind, change: Partial<EditBlock> = {}): EditBlock => ({ key: crypto.randomUUID(), kind, text: '', marks: [], picture: '', product: '', ...change })

/** What a draft is made of besides its form. Pictures are named by their keys. */
export interface Parts {
  pictures: { key: string; id: string; alt: string }[]
  video: string
  cover: string
  coverAlt: string
  captions: { id: string; lang: Locale }[]
  tags: DraftTag[]
  chapters: EditChapter[]
  blocks: EditBlock[]
  ad: boolean
}

function blocksOf(p: Parts): Block[] {
  return p.blocks.flatMap((b): Block[] => {
    if (b.kind === 'picture') {
      const picture = p.pictures.findIndex((x) => x.key === b.picture)
      return picture < 0 ? [] : [{ kind: 'picture', picture, ...(b.text.trim() ? { text: b.text } : {}) }]
    }
    if (b.kind === 'product') return b.product ? [{ kind: 'product', product: b.product }] : []
    return b.text.trim() ? [{ kind: b.kind, text: b.text, ...(b.marks.length ? { marks: b.marks } : {}) }] : []
  })
}

/** What is sent: only what the kind has, with keys as places in lists. */
export function contentOf(f: Form, p: Parts): DraftContent {
  const filmed = f.kind === 'video' || f.kind === 'replay'
  const place = (t: DraftTag) => Math.max(0, f.kind === 'pictures' ? p.pictures.findIndex((x) => x.key === t.on) : 0)
  const chapters: Chapter[] = p.chapters.filter((c) => c.title.trim()).toSorted((a, b) => a.at - b.at).map((c) => ({ at_ms: c.at, title: c.title.trim(), ...(c.product ? { product: c.product } : {}) }))
  return {
    kind: f.kind,
    title: f.title.trim(),
    body: f.body.trim(),
    topics: topicsOf(f.topics),
    mentions: f.mentions.filter((m) => f.body.includes(`@${m.name}`)).map((m) => m.id),
    place: f.place.trim(),
    ...(f.genre ? { genre: f.genre } : {}),
    pictures: filmed ? [] : p.pictures.map(({ id, alt }) => ({ id, alt })),
    ...(filmed && p.video ? { video: { id: p.video, alt: p.coverAlt.trim(), ...(p.cover ? { cover: p.cover } : {}), ...(p.captions.length ? { captions: p.captions } : {}) } } : {}),
    ...(f.kind === 'article' ? { blocks: blocksOf(p) } : {}),
    ...(filmed ? { chapters } : {}),
    ...(f.kind === 'replay' && f.room.trim() ? { room: f.room.trim() } : {}),
    tags: p.tags.filter((t) => f.kind !== 'pictures' || p.pictures.some((x) => x.key === t.on)).map((t) => ({ product: t.product, picture: place(t), x: t.x, y: t.y })),
    ...(f.order ? { order: f.order } : {}),
    ad: p.ad,
    ...(f.paidBy.trim() ? { paid_by: f.paidBy.trim() } : {}),
    ai: f.ai,
    lang: f.lang,
    visibility: f.visibility,
  }
}

/** Whether there is anything worth keeping yet. */
export function begun(c: DraftContent): boolean {
  return !!(c.title || c.body || c.pictures.length || c.video || c.blocks?.length || c.tags.length || c.topics.length)
}

export type Missing = 'title' | 'picture' | 'video' | 'blocks' | 'room' | 'sending' | 'brand'

/** What a post still lacks before it can go out. */
export function missing(c: DraftContent, sending: boolean): Missing[] {
  const out: Missing[] = []
  if (c.kind === 'pictures' && !c.pictures.length) out.push('picture')
  if ((c.kind === 'video' || c.kind === 'replay') && !c.video) out.push('video')
  if (c.kind === 'article' && !c.blocks?.some((b) => b.text)) out.push('blocks')
  if (c.kind === 'article' && !c.pictures.length) out.push('picture')
  if (c.kind === 'replay' && !c.room) out.push('room')
  if (!c.title) out.push('title')
  if (sending) out.push('sending')
  return out
}
