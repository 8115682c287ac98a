// How hostile text goes in through each field, and whether it comes back as it
// should.
import assert from 'node:assert/strict'
import { Refused } from './api.mjs'
import { barred, cut, groups, kept, packed, payloads } from './payloads.mjs'

export const evil = '<img data-evil src=x onerror=__xss=1>'
export const lost = []
export const fields = new Map() // field → how many texts went through it

/** Notes whether a field gave back what it should have kept. */
export function same(field, got, want) {
  fields.set(field, (fields.get(field) ?? 0) + 1)
  if (JSON.stringify(got) !== JSON.stringify(want)) lost.push(`${field}: sent ${JSON.stringify(want)}, got ${JSON.stringify(got)}`)
}

/** Asks for something that the shop may refuse, for one of these reasons only. */
export async function perhaps(reasons, ask) {
  try {
    return await ask()
  } catch (err) {
    if (!(err instanceof Refused) || !reasons.includes(err.reason)) throw err
    return null
  }
}

const shown = (s) => /[^\s\p{Cc}\p{Cf}\p{Mn}\p{Z}]/u.test(s)
export const visible = payloads.filter((p) => shown(kept.line(p)))
/** So many things at a time, in order. */
async function each(list, f, n = 4) {
  const rest = list.map((x, i) => [x, i])
  await Promise.all(Array.from({ length: n }, async () => {
    for (let next = rest.shift(); next; next = rest.shift()) await f(...next)
  }))
}

export async function profiles(p) {
  for (const text of payloads) {
    const name = cut(text, 40)
    const changed = await perhaps(['bad_name', 'invalid_input', 'name'], () => p.call('PATCH', '/account/me', { name }))
    if (changed) same('account.name', changed.name, kept.trimmed(name).replaceAll(/[\s\u0085]+/gu, ' '))
  }
  for (const bio of packed(payloads, 500)) same('profile.bio', (await p.put('/creators/me', { bio })).bio, kept.text(bio))
  const stories = packed(payloads, 1000)
  for (const [i, labels] of groups(visible, 8).entries()) {
    const traits = [...new Map(labels.map((x) => [kept.line(cut(x, 40)).toLowerCase(), cut(x, 40)])).values()].filter((x) => kept.line(x))
    const style = cut(labels[0], 60)
    const story = stories[i % stories.length]
    const { persona } = await p.put('/creators/me/persona', { style, story, traits })
    same('persona.style', persona.style, kept.line(style))
    same('persona.story', persona.story, kept.text(story))
    same('persona.traits', persona.traits.map((x) => x.label), traits.map(kept.line))
  }
}

const topicsOf = (list) => {
  const seen = new Map()
  for (const t of list.map((x) => kept.line(kept.text(x).replace(/^[#＃ ]+/, '')))) if (t && !seen.has(t.toLowerCase())) seen.set(t.toLowerCase(), t)
  return [...seen.values()]
}

/** A post that is written anew for each text; nobody else sees it. */
export async function words(p, picture) {
  const bodies = packed(payloads, 2000)
  const alts = packed(payloads, 300)
  const tens = groups(payloads, 10)
  const at = (i) => visible[i % visible.length]
  const content = (i) => ({
    title: cut(at(i), 60), place: cut(at(i + 1), 80), paid_by: cut(at(i + 2), 60), body: bodies[i % bodies.length],
    topics: tens[i % tens.length].map((x) => cut(x, 30)), pictures: [{ id: picture, alt: alts[i % alts.length] }],
    tags: [], ad: true, lang: 'en', visibility: 'private',
  })
  const check = (i, got, keep, from) => {
    const want = content(i)
    same(`${from}.title`, got.title, keep.line(want.title))
    same(`${from}.place`, got.place ?? '', keep.line(want.place))
    same(`${from}.paid_by`, got.paid_by ?? '', keep.line(want.paid_by))
    same(`${from}.body`, got.body, keep.text(want.body))
    same(`${from}.topics`, got.topics, keep === kept ? topicsOf(want.topics) : want.topics.map(kept.raw))
    same(`${from}.alt`, got.pictures[0].alt, keep.line(want.pictures[0].alt))
  }
  const first = await p.post('/posts', content(0))
  check(0, first, kept, 'post')
  for (let i = 1; i < visible.length; i++) check(i, await p.put(`/posts/${first.id}`, { ...content(i), kind: 'pictures' }), kept, 'post')
  // A draft keeps what its writer typed.
  const asTyped = { line: kept.raw, text: kept.raw }
  let draft = await p.post('/drafts', { ...content(0), kind: 'pictures' })
  for (let i = 1; i < visible.length; i += 5) {
    draft = await p.put(`/drafts/${draft.id}`, { rev: draft.rev, content: { ...content(i), kind: 'pictures' } })
    check(i, draft.content, asTyped, 'draft')
  }
}

/** The posts that screens show: every text is on one of them. */
export async function published(p, list, picture, product) {
  const bodies = packed(payloads, 2000)
  const out = []
  for (const [i, text] of list.entries()) {
    const title = cut(text, 60)
    const body = bodies[i % bodies.length]
    const post = await p.post('/posts', {
      title, body, topics: [cut(text, 30)], place: cut(evil, 80), paid_by: cut(evil, 60), pictures: [{ id: picture, alt: evil }],
      tags: i ? [] : [{ product, picture: 0, x: 5000, y: 5000 }], ad: true, lang: 'en',
    })
    same('post.title', post.title, kept.line(title))
    same('post.body', post.body, kept.text(body))
    out.push(post)
  }
  return out
}

export async function articles(p, picture) {
  const article = (blocks) => ({ kind: 'article', title: evil, body: '', topics: [], pictures: [{ id: picture, alt: evil }], tags: [], ad: false, lang: 'en', blocks })
  const clean = (b) => ({ kind: b.kind, ...(b.kind === 'picture' ? { text: kept.line(b.text) } : { text: kept.text(b.text) }) })
  const out = []
  const lines = visible.map(kept.line).filter(Boolean)
  const all = [
    [...packed(payloads, 5000).map((text) => ({ kind: 'text', text })), ...packed(payloads, 4500).map((text) => ({ kind: 'quote', text })).slice(0, 1)],
    [...groups(lines, 90).map((g) => ({ kind: 'list', text: g.map((x) => cut(x, 40)).join('\n') })), { kind: 'picture', picture: 0, text: evil }],
    groups(lines, 5).slice(0, 90).map((g) => ({ kind: 'heading', text: cut(g.join(' '), 120) })),
  ]
  for (const blocks of all) {
    const post = await p.post('/posts', article(blocks))
    same('article.blocks', post.blocks.map((b) => ({ kind: b.kind, text: b.text })), blocks.map(clean))
    out.push(post)
  }
  // A link leads to an https address, or is not taken.
  for (const url of [...payloads.filter((x) => /:/.test(x)), '//127.0.0.1', '/p/x', 'http://a.example', 'https://user:secret@a.example', 'https:a.example', 'https://']) {
    const taken = await perhaps(['invalid_input'], () => p.post('/drafts', article([{ kind: 'text', text: 'a link', marks: [{ from: 0, to: 6, style: 'link', url: cut(url, 500) }] }])))
    if (!taken) continue
    const { id, rev } = taken
    const out = await perhaps(['invalid_input', 'draft_unfinished'], () => p.post(`/drafts/${id}/publish`, { rev }))
    if (out) lost.push(`article.link: ${JSON.stringify(url)} was published`)
    fields.set('article.link', (fields.get('article.link') ?? 0) + 1)
    await p.call('DELETE', `/drafts/${id}`)
  }
  const good = `https://a.example/"onmouseover="__xss=1"data-evil=?q=<script>&x='`
  const linked = await p.post('/posts', article([{ kind: 'text', text: evil, marks: [{ from: 0, to: 5, style: 'link', url: good }, { from: 2, to: 9, style: 'bold' }] }]))
  same('article.link', linked.blocks[0].marks[0].url, good)
  return [...out, linked]
}

/** A video with chapters and captions, where there is ffmpeg. */
export async function film(p, bytes) {
  const cues = packed(payloads.filter((x) => !/-->|[\n\r\u0000\u2028]/.test(x)), 400).map((x, i) => `00:${String(i).padStart(2, '0')}.000 --> 00:${String(i + 1).padStart(2, '0')}.000\n${x}\n`)
  const captions = await p.upload(Buffer.from(`WEBVTT\n\n${cues.join('\n')}`.toWellFormed()), { kind: 'captions' })
  const id = await p.upload(bytes, { kind: 'video' })
  const chapters = visible.slice(0, 100).map((x, i) => ({ at_ms: i * 10, title: cut(x, 60) }))
  const post = await p.post('/posts', { kind: 'video', title: evil, body: '', topics: [], pictures: [], tags: [], ad: false, lang: 'en', video: { id, alt: evil, captions: [{ id: captions, lang: 'en' }] }, chapters })
  same('video.chapters', post.chapters.map((c) => c.title), chapters.map((c) => kept.line(c.title)))
  const answer = await fetch(p.base + post.video.captions[0].url)
  assert.match(answer.headers.get('content-type'), /^text\/vtt/)
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  same('captions', (await answer.text()).includes('<'), false)
  return post
}

export async function comments(people, post) {
  const texts = packed(payloads, 500)
  await Promise.all(people.map(async (p, n) => {
    let parent
    for (const body of texts.filter((_, i) => i % people.length === n)) {
      const said = await p.post(`/posts/${post.id}/comments`, { body, parent })
      same('comment.body', said.body, kept.said(body))
      if (said.state === 'shown') parent ??= said.id
    }
  }))
}

export async function goods(p, picture) {
  const bodies = packed(payloads, 10_000)
  const titles = packed(visible, 120)
  const sheet = (i) => {
    const facts = groups(visible, 40)[i % 8].map((x) => ({ name: cut(x, 40), value: cut(x, 200) }))
    const values = [...new Set(groups(visible, 10)[i % 30].map((x) => cut(kept.raw(x), 50)))]
    return {
      title: titles[i % titles.length], body: bodies[i % bodies.length], category: 'home', facts, commission: 1000, pictures: [{ id: picture, alt: evil }],
      options: [{ name: cut(evil, 40), values }], skus: values.map((v) => ({ values: [v], price: { amount: 1000, currency: 'CNY' } })),
    }
  }
  const check = (i, got) => {
    const want = sheet(i)
    same('product.title', got.title, kept.trimmed(want.title))
    same('product.body', got.body, kept.raw(want.body))
    same('product.facts', got.facts, want.facts.map((f) => ({ name: kept.raw(f.name), value: kept.raw(f.value) })))
    same('product.options', got.options, want.options)
  }
  const made = await p.post('/products', sheet(0))
  check(0, made)
  for (let i = 1; i < titles.length; i++) check(i, await p.put(`/products/${made.id}`, sheet(i)))
  // What a thing for the home must say of itself, before it is listed.
  const origin = { name: 'Origin', value: cut(evil, 200) }
  await p.put(`/products/${made.id}`, { ...sheet(0), title: evil, facts: [origin, ...sheet(0).facts.slice(1)] })
  const out = await p.post(`/products/${made.id}/list`)
  for (const reason of packed(payloads, 200).slice(0, 5)) await p.post(`/skus/${out.skus[0].id}/stock`, { by: 3, reason })
  return out
}

export async function small(p, product) {
  const made = await p.post('/collections', { name: 'first', open: true })
  for (const text of visible) {
    const name = cut(text, 30)
    const got = await perhaps(['invalid_input'], () => p.put(`/collections/${made.id}`, { name, open: true }))
    if (got) same('collection.name', got.name, kept.line(name))
  }
  await p.put(`/collections/${made.id}`, { name: cut(`<b data-evil>${evil}`, 30), open: true })
  for (const note of packed(payloads, 100)) same('showcase.note', (await p.put(`/showcase/${product.id}`, { note })).note, kept.line(note))
  const rules = { who: 'everybody', hold: 'nothing' }
  for (const part of groups(visible, 190)) {
    const words = part.map((x) => cut(x, 40))
    const got = await p.put('/comment-rules', { ...rules, words })
    fields.set('rules.words', (fields.get('rules.words') ?? 0) + got.words.length)
  }
  await p.put('/comment-rules', { ...rules, words: [] })
  for (const text of visible) {
    const got = await perhaps(['invalid_input'], () => p.put('/boundaries/words', { words: [cut(text, 40)] }))
    if (got) same('muted words', got.words.length, 1)
  }
  await p.put('/boundaries/words', { words: [] })
  const place = { name: 'x', phone: '+8613800138000', region: 'x', city: 'x', district: '', line: 'x', postcode: '' }
  const home = await p.post('/account/addresses', place)
  for (const text of visible) {
    const want = { ...place, name: cut(text, 60), region: cut(text, 60), city: cut(text, 60), district: cut(text, 60), line: cut(text, 200) }
    const got = await perhaps(['invalid_input'], () => p.put(`/account/addresses/${home.id}`, want))
    if (got) for (const f of ['name', 'region', 'city', 'district', 'line']) same(`address.${f}`, got[f], kept.trimmed(want[f]))
  }
  await p.put(`/account/addresses/${home.id}`, { ...place, name: evil, city: evil })
  return made
}

export async function asked(p) {
  await each(payloads, async (text) => {
    for (const path of [`/search?q=${encodeURIComponent(kept.raw(text))}`, `/people?name=${encodeURIComponent(cut(kept.raw(text), 40))}`]) {
      try {
        assert.ok(Array.isArray((await p.get(path)).items))
      } catch (err) {
        if (!(err instanceof Refused) || err.status !== 400) throw err
      }
    }
    fields.set('search', (fields.get('search') ?? 0) + 1)
  }, 2)
}

/** What is written about others' content, and by moderators. */
export async function desk(office, mod, p, reader, post) {
  const notes = packed(payloads, 500)
  const subject = { kind: 'post', id: post.id }
  const find = async (queue) => (await mod.all(`/moderation/cases?queue=${queue}`)).find((c) => c.subject.id === post.id)
  for (const note of notes) {
    await reader.post('/reports', { subject, reason: 'other', note })
    const got = await find('review')
    same('report.note', got.reports[0].note, kept.trimmed(note))
  }
  for (const [i, text] of visible.entries()) {
    for (const list of i % 8 ? ['words'] : ['words', 'links']) {
      const value = cut(text, 200)
      const got = await perhaps(['bad_list_entry', 'invalid_input'], () => mod.post('/moderation/lists', { list, value, outcome: 'limited', reason: 'spam' }))
      if (got && list === 'words') same('list.words', got.value, kept.raw(value))
      if (got) await mod.call('DELETE', `/moderation/lists/${got.id}`)
    }
  }
  await mod.post('/moderation/lists', { list: 'words', value: `zzqx ${evil}`, outcome: 'limited', reason: 'spam' })
  const bad = (await p.get('/creators/' + p.id)).persona.traits[0].label
  for (const proof of packed(payloads, 200)) {
    const got = await office.put(`/creators/${p.id}/traits`, { label: bad, proof })
    same('trait.proof', got.persona.traits[0].proof, kept.line(proof))
  }
  let seen = await find('review')
  const note = notes[0]
  seen = await mod.post(`/moderation/cases/${seen.id}/decide`, { seen: seen.at, outcome: 'limited', reason: 'other', strike: false, note })
  same('decision.note', seen.history[0].note, kept.trimmed(note))
  const { decisions } = await p.get('/standing')
  const mine = decisions.items.find((d) => d.subject.id === post.id)
  const text = cut(payloads.join(' '), 1000)
  await p.post(`/standing/decisions/${mine.id}/appeal`, { text })
  same('appeal', (await mod.get(`/moderation/cases/${seen.id}`)).appeal, kept.trimmed(text))
  const ban = await mod.post('/moderation/bans', { user: reader.id, reason: 'other', note: notes[1], days: 1 })
  same('ban.note', ban.note, kept.trimmed(notes[1]))
}

/** Characters that control something are refused at the door, in every field. */
export async function shut(p, mod, post) {
  const ways = {
    'account.name': (x) => p.call('PATCH', '/account/me', { name: x }),
    'profile.bio': (x) => p.put('/creators/me', { bio: x }),
    'persona.traits': (x) => p.put('/creators/me/persona', { style: '', story: '', traits: [x] }),
    'draft.title': (x) => p.post('/drafts', { title: x, body: '', topics: [], pictures: [], tags: [], ad: false, lang: 'en' }),
    'draft.blocks': (x) => p.post('/drafts', { kind: 'article', title: '', body: '', topics: [], pictures: [], tags: [], ad: false, lang: 'en', blocks: [{ kind: 'text', text: x }] }),
    'comment.body': (x) => p.post(`/posts/${post.id}/comments`, { body: x }),
    'collection.name': (x) => p.post('/collections', { name: x, open: false }),
    'report.note': (x) => p.post('/reports', { subject: { kind: 'post', id: post.id }, reason: 'other', note: x }),
    'list.words': (x) => mod.post('/moderation/lists', { list: 'words', value: x, outcome: 'limited', reason: 'spam' }),
    search: (x) => p.get(`/search?q=${encodeURIComponent(x)}`),
  }
  for (const [field, ask] of Object.entries(ways)) {
    for (const text of barred) {
      const taken = await perhaps(['invalid_input', 'bad_query'], () => ask(text))
      if (taken) lost.push(`${field}: took ${JSON.stringify(text)}`)
    }
  }
}

/** Everything that rules hold back is let through, so that everybody sees it. */
export async function pass(by) {
  for (const c of await by.all('/moderation/cases')) {
    await perhaps(['case_decided', 'no_such_case', 'second_person_needed'], () => by.post(`/moderation/cases/${c.id}/decide`, { seen: c.at, outcome: 'approved', strike: false, note: '' }))
  }
}
