import { expect, test, vi } from 'vitest'
import { Languages, type Catalogue } from './index'

vi.stubGlobal('document', { documentElement: { lang: '' } })
const made = (words: (l: string) => Record<string, unknown>): Catalogue => ({ 'zh-CN': async () => ({ default: words('zh') }), en: async () => ({ default: words('en') }) })
const more = made((l) => ({ post: { extra: l }, only: { here: l } }))
const messages = (l: Languages, locale: string) => l.i18n.global.getLocaleMessage(locale) as Record<string, Record<string, unknown>>

test('a catalogue that joins while a language is loading is in that language too', async () => {
  const l = new Languages()
  await Promise.all([l.use('en'), l.add(more)])
  expect(l.i18n.global.locale.value).toBe('en')
  expect(messages(l, 'en').only).toEqual({ here: 'en' })
})

test('a group may be in several catalogues', async () => {
  const l = new Languages([made((x) => ({ post: { first: x } }))])
  await l.use('en')
  await l.add(more)
  expect(messages(l, 'en').post).toMatchObject({ first: 'en', extra: 'en' })
})

test('what joined before is there in the next language', async () => {
  const l = new Languages()
  await l.use('en')
  await l.add(more)
  await l.use('zh-CN')
  expect(messages(l, 'zh-CN').only).toEqual({ here: 'zh' })
})

test('of two languages asked for at once, the later one stays', async () => {
  const l = new Languages([more])
  await Promise.all([l.use('zh-CN'), l.use('en')])
  expect(l.i18n.global.locale.value).toBe('en')
})
