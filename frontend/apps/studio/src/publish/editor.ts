import { api, useRole, type FoundProduct } from '@meadow/api'
import type { DraftContent, Locale, StudioPost } from '@meadow/api/studio'
import { previewOf, useFiles } from '@meadow/api/upload'
import { computed, inject, provide, reactive, ref, watch, type InjectionKey } from 'vue'
import { useLimits } from '../upload/limits'
import { contentOf, emptyForm, missing, newBlock, type EditBlock, type EditChapter } from './content'
import type { DraftTag } from './draft'

export const mostPictures = 18
const captionLangs = ['zh-CN', 'en'] as const

/** Everything of a post while it is written. where names the draft, so that uploads find back. */
export function makeEditor(locale: () => string, where: () => string, previews: (media: string) => string = () => '') {
  const { limits } = useLimits()
  const form = reactive(emptyForm(locale() as Locale))
  const of = (kind: 'picture' | 'video' | 'captions', most: number, slot = '') =>
    useFiles({ purpose: 'post', kind, most, ability: () => limits.value[kind], where: () => (where() ? where() + slot : '') })
  const pictures = of('picture', mostPictures)
  const video = of('video', 1)
  const cover = of('picture', 1, ':cover')
  const captions = { 'zh-CN': of('captions', 1, ':zh'), en: of('captions', 1, ':en') }
  const tags = ref<DraftTag[]>([])
  const chapters = ref<EditChapter[]>([])
  const blocks = ref<EditBlock[]>([])
  const chosen = ref(0)
  const seller = useRole('creator')
  const filmed = computed(() => form.kind === 'video' || form.kind === 'replay')

  // A post that sells for a reward carries the label; there is no way around it.
  const forced = computed(() => seller.value && tags.value.length > 0)
  const ad = computed({ get: () => form.ad || forced.value || form.paidBy.trim() !== '', set: (on) => (form.ad = on) })
  const shown = computed(() => pictures.list.value[Math.min(chosen.value, pictures.list.value.length - 1)])
  const coverUrl = computed(() => (filmed.value ? cover.list.value[0]?.preview || video.list.value[0]?.preview || '' : (pictures.list.value[0]?.preview ?? '')))
  const cheapest = computed(() => tags.value.map((g) => g.price).toSorted((a, b) => a.amount - b.amount)[0])
  const sending = computed(() => [pictures, cover, video, ...captionLangs.map((l) => captions[l])].some((f) => f.sending.value))

  const content = computed((): DraftContent =>
    contentOf(form, {
      pictures: pictures.list.value.filter((p) => p.line.step === 'ready').map((p) => ({ key: p.key, id: p.media, alt: p.alt.trim() })),
      // A video may be scheduled while it is being prepared: it has its name already.
      video: video.list.value[0] && ['checking', 'transcoding', 'ready'].includes(video.list.value[0].line.step) ? video.list.value[0].media : '',
      cover: cover.wanted.value[0]?.id ?? '',
      coverAlt: cover.list.value[0]?.alt || video.list.value[0]?.alt || '',
      captions: captionLangs.flatMap((lang) => captions[lang].wanted.value.map(({ id }) => ({ id, lang }))),
      tags: tags.value,
      chapters: chapters.value,
      blocks: blocks.value,
      ad: ad.value,
    }),
  )
  const lacks = computed(() => missing(content.value, sending.value))

  // A product goes with the picture it sat on.
  watch(pictures.list, (now) => {
    if (form.kind === 'pictures') tags.value = tags.value.filter((g) => !g.on || now.some((p) => p.key === g.on))
  })

  function tag(p: FoundProduct): void {
    if (tags.value.some((g) => g.product === p.id)) return
    const at = tags.value.filter((g) => g.on === shown.value?.key).length
    tags.value = [...tags.value, { product: p.id, title: p.title, cover: p.cover, price: p.price, on: shown.value?.key ?? '', x: 5000, y: 3000 + 1200 * (at % 5) }]
  }
  function untag(product: string): void {
    tags.value = tags.value.filter((g) => g.product !== product)
    blocks.value = blocks.value.filter((b) => b.product !== product)
    chapters.value = chapters.value.map((c) => (c.product === product ? { ...c, product: '' } : c))
  }

  /** Begins with what was written before. A post also knows how its pictures look. */
  async function load(c: DraftContent, post?: StudioPost): Promise<void> {
    const looks = new Map((post?.pictures ?? []).map((p) => [p.id, p.card]))
    const see = (id: string) => looks.get(id) || previews(id)
    Object.assign(form, {
      kind: c.kind || 'pictures', title: c.title, body: c.body, topics: (c.topics ?? []).map((x) => `#${x}`).join(' '), place: c.place ?? '', genre: c.genre ?? '', lang: c.lang, visibility: c.visibility || 'public',
      ad: c.ad, paidBy: c.paid_by ?? '', ai: c.ai ?? false, order: c.order ?? '', room: c.room ?? '', mentions: post?.mentions ?? [],
    })
    await pictures.load((c.pictures ?? []).map((p) => ({ ...p, preview: see(p.id) })), where())
    await cover.load(c.video?.cover ? [{ id: c.video.cover, alt: c.video.alt, preview: see(c.video.cover) }] : [], where() && `${where()}:cover`)
    await video.load(c.video ? [{ id: c.video.id, alt: c.video.alt, preview: post?.pictures[0]?.card || (await previewOf(c.video.id)) }] : [], where())
    for (const l of captionLangs) await captions[l].load((c.video?.captions ?? []).filter((x) => x.lang === l).map((x) => ({ id: x.id, alt: '' })), where() && `${where()}:${l === 'en' ? 'en' : 'zh'}`)
    const keys = pictures.list.value.map((p) => p.key)
    chapters.value = (c.chapters ?? []).map((x) => ({ key: crypto.randomUUID(), at: x.at_ms, title: x.title, product: x.product ?? '' }))
    blocks.value = (c.blocks ?? []).map((b) => newBlock(b.kind, { text: b.text ?? '', marks: b.marks ?? [], product: b.product ?? '', picture: b.kind === 'picture' ? (keys[b.picture ?? 0] ?? '') : '' }))
    tags.value = (await Promise.all((c.tags ?? []).map(async (g) => {
      const known = post?.tags.find((x) => x.product === g.product)
      const facts = known ?? (await factsOf(g.product))
      return facts ? [{ product: g.product, title: facts.title, cover: facts.cover, price: facts.price, on: keys[g.picture] ?? '', x: g.x, y: g.y }] : []
    }))).flat()
    if (!post && c.mentions?.length) {
      const people = await Promise.all(c.mentions.map((id) => api.profile(id).catch(() => null)))
      form.mentions = people.flatMap((p) => (p ? [{ id: p.id, name: p.name }] : []))
    }
  }

  const ed = { form, limits, pictures, video, cover, captions, tags, chapters, blocks, chosen, shown, seller, filmed, forced, ad, coverUrl, cheapest, sending, content, lacks, tag, untag, load }
  provide(key, ed)
  return ed
}

async function factsOf(product: string) {
  const p = await api.product(product).catch(() => null)
  const cheapest = p?.skus.toSorted((a, b) => a.price.amount - b.price.amount)[0]
  return p && cheapest ? { title: p.title, cover: p.pictures?.[0], price: cheapest.price } : null
}

export type Editor = ReturnType<typeof makeEditor>
const key: InjectionKey<Editor> = Symbol('editor')
/** The editor that a part of it belongs to. */
export const useEditor = (): Editor => inject(key)!
