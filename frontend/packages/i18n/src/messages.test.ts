import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import afterEn from '../locales/after.en.json'
import afterZh from '../locales/after.zh-CN.json'
import buyEn from '../locales/buy.en.json'
import buyZh from '../locales/buy.zh-CN.json'
import en from '../locales/en.json'
import findEn from '../locales/find.en.json'
import findZh from '../locales/find.zh-CN.json'
import growthEn from '../locales/growth.en.json'
import growthZh from '../locales/growth.zh-CN.json'
import promoEn from '../locales/promo.en.json'
import promoZh from '../locales/promo.zh-CN.json'
import reelEn from '../locales/reel.en.json'
import reelZh from '../locales/reel.zh-CN.json'
import shopEn from '../locales/shop.en.json'
import shopZh from '../locales/shop.zh-CN.json'
import studioEn from '../locales/studio.en.json'
import studioZh from '../locales/studio.zh-CN.json'
import tableEn from '../locales/table.en.json'
import tableZh from '../locales/table.zh-CN.json'
import tasteEn from '../locales/taste.en.json'
import tasteZh from '../locales/taste.zh-CN.json'
import tillEn from '../locales/till.en.json'
import tillZh from '../locales/till.zh-CN.json'
import viewerEn from '../locales/viewer.en.json'
import viewerZh from '../locales/viewer.zh-CN.json'
import zh from '../locales/zh-CN.json'

type Tree = { [key: string]: string | Tree }

function leaves(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([k, v]) => (typeof v === 'string' ? [[path + k, v] as [string, string]] : leaves(v, `${path}${k}.`)))
}

const frontend = new URL('../../../', import.meta.url).pathname

function sources(folder: string): { path: string; text: string }[] {
  return readdirSync(join(frontend, folder), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && /\.(vue|ts)$/.test(e.name) && !e.name.endsWith('.test.ts'))
    .map((e) => join(e.parentPath, e.name))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}

/** The keys a source asks for in full; a key with a hole is a prefix. */
function asked(text: string): { key: string; prefix: boolean }[] {
  return [...text.matchAll(/\bte?\(\s*(['`])([a-zA-Z0-9_.${}]+?)\1/g)].map(([, quote, key]) => {
    const hole = quote === '`' ? key!.indexOf('${') : -1
    return hole < 0 ? { key: key!, prefix: false } : { key: key!.slice(0, hole), prefix: true }
  })
}

test.each([
  ['shared', en, zh],
  ['viewer', viewerEn, viewerZh],
  ['studio', studioEn, studioZh],
  ['reel', reelEn, reelZh],
  ['find', findEn, findZh],
  ['taste', tasteEn, tasteZh],
  ['growth', growthEn, growthZh],
  ['promo', promoEn, promoZh],
  ['shop', shopEn, shopZh],
  ['table', tableEn, tableZh],
  ['till', tillEn, tillZh],
  ['after', afterEn, afterZh],
  ['buy', buyEn, buyZh],
] as [string, Tree, Tree][])('%s says the same things in both languages', (_, a, b) => {
  expect(leaves(a).map(([k]) => k).toSorted()).toEqual(leaves(b).map(([k]) => k).toSorted())
})

test.each([['en', en], ['zh-CN', zh], ['viewer en', viewerEn], ['viewer zh-CN', viewerZh], ['studio en', studioEn], ['studio zh-CN', studioZh], ['reel en', reelEn], ['reel zh-CN', reelZh], ['find en', findEn], ['find zh-CN', findZh], ['taste en', tasteEn], ['taste zh-CN', tasteZh], ['growth en', growthEn], ['growth zh-CN', growthZh], ['promo en', promoEn], ['promo zh-CN', promoZh], ['shop en', shopEn], ['shop zh-CN', shopZh], ['table en', tableEn], ['table zh-CN', tableZh], ['till en', tillEn], ['till zh-CN', tillZh], ['after en', afterEn], ['after zh-CN', afterZh], ['buy en', buyEn], ['buy zh-CN', buyZh]] as [string, Tree][])('%s leaves nothing unsaid', (_, tree) => {
  expect(leaves(tree).filter(([, v]) => v.trim() === '')).toEqual([])
})

test('both languages fill in the same holes', () => {
  const holes = (s: string) => [...new Set([...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]))].toSorted()
  for (const [a, b] of [[en, zh], [viewerEn, viewerZh], [studioEn, studioZh], [reelEn, reelZh], [findEn, findZh], [tasteEn, tasteZh], [growthEn, growthZh], [promoEn, promoZh], [afterEn, afterZh], [buyEn, buyZh], [shopEn, shopZh], [tableEn, tableZh], [tillEn, tillZh]] as [Tree, Tree][]) {
    const other = new Map(leaves(b))
    for (const [k, v] of leaves(a)) expect(holes(other.get(k)!), k).toEqual(holes(v))
  }
})

test.each([
  ['apps/viewer/src', [en, viewerEn, promoEn, afterEn, buyEn, reelEn, findEn, tasteEn]],
  ['apps/studio/src', [en, studioEn, growthEn, shopEn, tableEn, tillEn]],
  ['packages/ui/src', [en]],
] as [string, Tree[]][])('%s asks for no message that is not there', (folder, trees) => {
  const keys = trees.flatMap((t) => leaves(t).map(([k]) => k))
  const missing = sources(folder).flatMap(({ path, text }) =>
    asked(text)
      .filter(({ key, prefix }) => (prefix ? !keys.some((k) => k.startsWith(key)) : !keys.includes(key)))
      .map(({ key }) => `${path.slice(frontend.length)}: ${key}`),
  )
  expect(missing).toEqual([])
})
