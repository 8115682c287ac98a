import { expect, test } from 'vitest'
import { begun, contentOf, emptyForm, missing, newBlock, type Parts } from './content'

const tag = (product: string, on: string) => ({ product, title: product, price: { amount: 1, currency: 'CNY' }, on, x: 10, y: 20 })
const parts = (p: Partial<Parts> = {}): Parts => ({ pictures: [], video: '', cover: '', coverAlt: '', captions: [], tags: [], chapters: [], blocks: [], ad: false, ...p })
const two = [{ key: 'k1', id: 'med_1', alt: 'one' }, { key: 'k2', id: 'med_2', alt: '' }]
const form = emptyForm('en')

test('a tag follows its picture to where that is now', () => {
  const c = contentOf(form, parts({ pictures: two.toReversed(), tags: [tag('prd_1', 'k1')] }))
  expect(c.pictures.map((p) => p.id)).toEqual(['med_2', 'med_1'])
  expect(c.tags).toEqual([{ product: 'prd_1', picture: 1, x: 10, y: 20 }])
})

test('a tag on a picture that is not there yet is left out', () => {
  expect(contentOf(form, parts({ pictures: two, tags: [tag('prd_1', 'k9')] })).tags).toEqual([])
})

test('a kind sends only what it has', () => {
  const all = parts({ pictures: two, video: 'med_v', cover: 'med_c', coverAlt: ' x ', tags: [tag('prd_1', 'gone')], chapters: [{ key: 'a', at: 0, title: '', product: '' }, { key: 'b', at: 5000, title: 'B', product: 'prd_1' }, { key: 'c', at: 10, title: 'C', product: '' }], blocks: [newBlock('text', { text: 'hi' })] })
  const film = contentOf({ ...form, kind: 'video' }, all)
  expect(film.pictures).toEqual([])
  expect(film.video).toEqual({ id: 'med_v', cover: 'med_c', alt: 'x' })
  expect(film.chapters).toEqual([{ at_ms: 10, title: 'C' }, { at_ms: 5000, title: 'B', product: 'prd_1' }])
  expect(film.tags).toHaveLength(1)
  expect(film.blocks).toBeUndefined()
  expect(contentOf(form, all).video).toBeUndefined()
})

test('blocks name pictures by their place, and empty ones are left out', () => {
  const blocks = [newBlock('heading', { text: ' ' }), newBlock('picture', { picture: 'k2' }), newBlock('picture', { picture: 'k9' }), newBlock('product', { product: 'prd_1' }), newBlock('text', { text: 'a', marks: [{ from: 0, to: 1, style: 'bold' }] })]
  expect(contentOf({ ...form, kind: 'article' }, parts({ pictures: two, blocks })).blocks).toEqual([
    { kind: 'picture', picture: 1 },
    { kind: 'product', product: 'prd_1' },
    { kind: 'text', text: 'a', marks: [{ from: 0, to: 1, style: 'bold' }] },
  ])
})

test('only who is still named in the text is mentioned', () => {
  const mentions = [{ id: 'usr_1', name: 'Ann' }, { id: 'usr_2', name: 'Bob' }]
  expect(contentOf({ ...form, body: 'with @Ann', mentions }, parts()).mentions).toEqual(['usr_1'])
})

test('an empty draft is not worth keeping', () => {
  expect(begun(contentOf(form, parts()))).toBe(false)
  expect(begun(contentOf({ ...form, title: 'x' }, parts()))).toBe(true)
})

test('what is missing depends on the kind', () => {
  expect(missing(contentOf(form, parts()), false)).toEqual(['picture', 'title'])
  expect(missing(contentOf({ ...form, kind: 'video', title: 'x' }, parts()), true)).toEqual(['video', 'sending'])
  expect(missing(contentOf({ ...form, kind: 'article', title: 'x' }, parts({ pictures: two })), false)).toEqual(['blocks'])
  expect(missing(contentOf({ ...form, title: 'x' }, parts({ pictures: two })), false)).toEqual([])
})
