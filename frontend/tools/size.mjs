// Fails the build when a first screen costs more bytes than its budget. What
// counts is the entry with everything it imports statically, the route's own
// chunk, and one language.
import { readFileSync, rmSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const site = new URL('../dist/site/', import.meta.url).pathname
const folder = { viewer: site, studio: `${site}studio/` }
const kB = 1000

const budgets = [
  { app: 'viewer', screen: '/', extra: ['zh-CN', 'DiscoverPage.vue'], js: 90, css: 12 },
  { app: 'viewer', screen: '/p/:id', extra: ['zh-CN', 'viewer.zh-CN', 'PostPage.vue'], js: 100, css: 14 },
  { app: 'viewer', screen: '/video', extra: ['zh-CN', 'reel.zh-CN', 'VideoPage.vue'], js: 95, css: 12 },
  { app: 'viewer', screen: '/search', extra: ['zh-CN', 'find.zh-CN', 'SearchPage.vue'], js: 95, css: 12 },
  { app: 'viewer', screen: 'checkout', extra: ['zh-CN', 'viewer.zh-CN', 'buy.zh-CN', 'PostPage.vue', 'ProductSheet.vue', 'CheckoutFlow.vue'], js: 130, css: 25 },
  { app: 'studio', screen: '/studio/', extra: ['zh-CN'], js: 260, css: 40 },
]

function closure(manifest, keys) {
  const seen = new Set()
  const visit = (key) => {
    if (seen.has(key)) return
    seen.add(key)
    for (const next of manifest[key].imports ?? []) visit(next)
  }
  keys.forEach(visit)
  return [...seen].map((key) => manifest[key])
}

function gz(app, files) {
  return [...files].reduce((sum, f) => sum + gzipSync(readFileSync(folder[app] + f), { level: 9 }).length, 0) / kB
}

let failed = false
for (const { app, screen, extra, js, css } of budgets) {
  const manifest = JSON.parse(readFileSync(`${folder[app]}chunks.json`, 'utf8'))
  const keys = Object.keys(manifest)
  const wanted = keys.filter((k) => manifest[k].isEntry || extra.some((e) => k.endsWith(`/${e}`) || k.endsWith(`/${e}.json`)))
  for (const e of extra) {
    if (!wanted.some((k) => k.includes(e))) {
      console.error(`size: ${app} ${screen}: no chunk for ${e}`)
      failed = true
    }
  }
  const chunks = closure(manifest, wanted)
  const found = {
    js: gz(app, new Set(chunks.map((c) => c.file).filter((f) => f.endsWith('.js')))),
    css: gz(app, new Set(chunks.flatMap((c) => c.css ?? []))),
  }
  for (const [kind, budget] of Object.entries({ js, css })) {
    const over = found[kind] > budget
    failed ||= over
    console.log(`${over ? 'OVER ' : 'ok   '} ${app.padEnd(7)} ${screen.padEnd(10)} ${kind.padEnd(3)} ${found[kind].toFixed(1).padStart(6)} of ${budget} kB gz`)
  }
}
// Which chunk holds what is for this check, not for browsers.
for (const path of Object.values(folder)) rmSync(`${path}chunks.json`)
if (failed) process.exit(1)
