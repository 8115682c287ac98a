// The feed of videos: one swipe, one video. Each promise of SURFACES' list is
// named where it is kept.
import assert from 'node:assert/strict'
import { Person, until } from './api.mjs'
import { rawKeys, visitor } from './browser.mjs'
import { filmed } from './made.mjs'

/** Something that is sold, by its id. */
async function onSale(by) {
  for (const card of (await by.get('/feed/newest?limit=50')).items.filter((c) => c.price)) {
    const tag = (await by.get(`/posts/${card.id}`)).tags.find((g) => g.on_sale && g.available > 0)
    if (tag) return tag.product
  }
  return undefined
}

let stage
/** A dozen short videos by three people; one of them shows something that is sold. */
function videos(base) {
  stage ??= (async () => {
    const film = filmed(5)
    if (!film) return null
    const posts = []
    let selling = ''
    for (let i = 0; i < 3; i++) {
      const by = await (await new Person(base).signUp(`Reel ${i}`)).creator()
      const media = await by.upload(film, { kind: 'video' })
      const product = await onSale(by)
      assert.ok(product, 'the shop sells something')
      for (let k = 0; k < 4; k++) {
        const sells = !selling && k === 0
        const post = await by.post('/posts', {
          kind: 'video', title: `Walk ${i} ${k} ${crypto.randomUUID().slice(0, 6)}`, body: k ? 'Up the hill and down again, with a stop for tea. '.repeat(6) : '', topics: ['walks'], pictures: [],
          tags: sells ? [{ product, picture: 0, x: 5000, y: 5000 }] : [], ad: sells, lang: 'en', video: { id: media, alt: 'A hill' },
        })
        if (sells) selling = post.id
        posts.push(post.id)
      }
    }
    return { posts, selling }
  })()
  return stage
}

/** What a screen reports, also while it goes away. */
async function listen(page) {
  const told = []
  await page.exposeFunction('reported', (events) => told.push(...events))
  await page.addInitScript(() => {
    const real = window.fetch
    window.fetch = async (input, init) => {
      if (input instanceof Request && input.url.endsWith('/api/v1/seen')) window.reported((await input.clone().json()).events)
      return real(input, init)
    }
  })
  return told
}

const here = '.reel-slide:not([inert])'
const post = (page) => page.locator(here).getAttribute('data-post')
const state = (page) =>
  page.evaluate((s) => {
    const v = document.querySelector(`${s} video`)
    return v && { at: v.currentTime, paused: v.paused, muted: v.muted, loop: v.loop, height: v.clientHeight, speed: v.playbackRate }
  }, here)
const plays = (page, after = 0.1) => page.waitForFunction(([s, t]) => { const v = document.querySelector(`${s} video`); return v && !v.paused && v.currentTime > t }, [here, after], { timeout: 15_000 })
const elements = (page) => page.locator('video').count()

/** Opens the feed as somebody for whom things move. */
async function open(t, browser, base, screen) {
  const made = await videos(base)
  if (!made) return null
  const who = await visitor(browser, base, screen)
  t.after(() => who.context.close())
  const person = await new Person(base).signUp('Viewer', screen.locale)
  await person.at(who.context)
  await who.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: base })
  const { page } = who
  await page.emulateMedia({ reducedMotion: 'no-preference' })
  const told = await listen(page)
  await page.goto(`${base}/video/${made.selling}`)
  await plays(page)
  const found = []
  const look = async (what) => {
    found.push(...(await who.look(what)), ...(await rawKeys(page)).map((k) => `${what}: raw key ${k}`))
    if (!(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))) found.push(`${what}: scrolls sideways`)
  }
  return { ...made, who, page, person, told, look, found }
}

/** A finger that flings the list, hard. */
async function swipe(page, by) {
  const cdp = await page.context().newCDPSession(page)
  const [from, to] = by > 0 ? [640, 120] : [160, 680]
  const touch = (type, y) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: y === undefined ? [] : [{ x: 150, y }] })
  await touch('touchStart', from)
  for (let i = 1; i <= 6; i++) {
    await page.waitForTimeout(12) // as fingers do: a move a frame
    await touch('touchMove', from + ((to - from) * i) / 6)
  }
  await touch('touchEnd')
  await cdp.detach()
}

async function settled(page, was) {
  await page.waitForFunction(([s, id]) => { const e = document.querySelector(s); const l = document.querySelector('.reel'); return (!id || e?.dataset.post !== id) && Math.abs(l.scrollTop % l.clientHeight) < 2 }, [here, was], { timeout: 10_000 })
  return post(page)
}

/** With fingers, on a phone. */
export async function reelStory(t, browser, base) {
  const s = await open(t, browser, base, { width: 390, locale: 'zh-CN', name: 'reel' })
  if (!s) return t.skip('there is no ffmpeg to make videos with')
  const { page, look, found, told } = s
  await look('reel')

  // SURF-V3: silent, and says so; asked for, the sound stays for the next one.
  assert.equal((await state(page)).muted, true, 'SURF-V3: it begins without sound')
  await page.locator('.scene-hush').click()
  assert.equal((await state(page)).muted, false, 'SURF-V3: a tap brings sound')

  // SURF-V10: goods open over the video, which plays on; the page stays.
  const path = new URL(page.url()).pathname
  await page.locator(`${here} .words-product`).click()
  await page.locator('.choice-head').waitFor()
  await look('reel-product')
  const under = (await state(page)).at
  await page.waitForFunction(([q, at]) => document.querySelector(`${q} video`).currentTime !== at, [here, under])
  assert.equal((await state(page)).paused, false, 'SURF-V10: it plays on under the goods')
  assert.equal(new URL(page.url()).pathname, path, 'SURF-V10: nobody is led away')
  await page.keyboard.press('Escape')
  await page.locator('.choice-head').waitFor({ state: 'detached' })

  // SURF-V4, V7: comments below a smaller video that plays on.
  const tall = (await state(page)).height
  await page.locator(`${here} .rail-talk`).click()
  await page.locator('.talk').waitFor()
  await page.waitForFunction(([q, h]) => document.querySelector(`${q} video`).clientHeight < h * 0.6, [here, tall])
  await plays(page, 0)
  await look('reel-comments')
  await page.locator('.talk-head button').click()
  await page.waitForFunction(([q, h]) => document.querySelector(`${q} video`).clientHeight === h, [here, tall])

  // SURF-V5: a tap pauses, two like, a long one opens the menu, the line is dragged.
  const tap = (n = 1) => page.locator(`${here} .scene-touch`).click({ position: { x: 150, y: 300 }, clickCount: n })
  await tap()
  await page.waitForFunction((q) => document.querySelector(`${q} video`).paused, here)
  await page.locator(`${here} .scene-big`).click()
  await plays(page, 0)
  await tap(2)
  await page.locator(`${here} .rail-like.on`).waitFor()
  const line = page.locator(`${here} .reel-line input`)
  await line.evaluate((e) => { e.value = '3'; e.dispatchEvent(new Event('input', { bubbles: true })) })
  await page.locator('.reel-line.dragged .reel-bubble').waitFor()
  await line.evaluate((e) => e.dispatchEvent(new Event('change', { bubbles: true })))
  assert.ok((await state(page)).at >= 2.9, 'SURF-V5: the line moves the video')
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: 150, y: 300 }] })
  await page.locator('.reel-menu').waitFor()
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await look('reel-menu')
  await page.locator('.reel-menu [name=reel-speed][value="2"]').check({ force: true })
  assert.equal((await state(page)).speed, 2, 'SURF-V5: the speed is chosen')
  await page.locator('.reel-menu [name=reel-speed][value="1"]').check({ force: true })
  assert.ok(await page.locator('.reel-menu [name=reel-quality]').count() >= 2, 'SURF-V9: there is a choice of quality')
  await page.keyboard.press('Escape')
  await page.locator('.reel-menu').waitFor({ state: 'detached' })

  // SURF-V3: behind another window it rests.
  const seen = (how) => page.evaluate((v) => { Object.defineProperty(document, 'visibilityState', { value: v, configurable: true }); document.dispatchEvent(new Event('visibilitychange')) }, how)
  await seen('hidden')
  await page.waitForFunction((q) => document.querySelector(`${q} video`).paused, here)
  await seen('visible')
  await plays(page, 0)

  // SURF-V1, V2: ten hard swipes are ten videos, with three elements at most.
  const met = [await post(page)]
  for (let i = 0; i < 10; i++) {
    await swipe(page, 1)
    met.push(await settled(page, met.at(-1)))
    const order = await page.evaluate(() => [...document.querySelectorAll('.reel-slide')].findIndex((e) => !e.inert))
    assert.equal(order, i + 1, 'SURF-V1: one swipe, one video')
    assert.ok(await elements(page) <= 3, 'SURF-V2: at most three video elements')
    if (i === 0) {
      await plays(page)
      assert.equal((await state(page)).muted, false, 'SURF-V3: the choice is kept')
      assert.equal(await page.evaluate(() => [...document.querySelectorAll('video')].filter((v) => !v.paused).length), 1, 'one video plays')
    }
  }
  assert.equal(new Set(met).size, 11, 'SURF-V8: none of them twice')
  await swipe(page, -1)
  assert.equal(await settled(page, met[10]), met[9])

  // Watched for how long, and how far.
  const dwell = () => told.find((e) => e.kind === 'dwell' && e.post === s.selling)
  await until('the first video is counted', dwell, 10_000)
  assert.ok(dwell().ms > 500 && dwell().percent >= 40 && dwell().source === 'video', JSON.stringify(dwell()))
  for (const kind of ['impression', 'view']) assert.equal(told.filter((e) => e.kind === kind && e.post === s.selling).length, 1, kind)
  assert.ok(told.some((e) => e.kind === 'click' && e.post === s.selling && e.product), 'the goods were looked at')

  // SURF-V8: what was watched does not come again in this tab.
  await page.goto(`${base}/video`)
  await page.locator(`${here}`).first().waitFor()
  await page.waitForLoadState('networkidle')
  const left = await page.evaluate(() => [...document.querySelectorAll('[data-post]')].map((e) => e.dataset.post))
  assert.deepEqual(left.filter((id) => met.includes(id)), [], 'SURF-V8: watched ones stay away')

  assert.deepEqual(found, [], 'axe and messages')
  assert.deepEqual(s.who.complaints, [], 'console and network')
}

/** With keys, at a desk. */
export async function reelKeysStory(t, browser, base) {
  const s = await open(t, browser, base, { width: 1440, locale: 'en', scheme: 'dark', name: 'reel-desk' })
  if (!s) return t.skip('there is no ffmpeg to make videos with')
  const { page, look, found } = s
  const press = (key) => page.keyboard.press(key)
  const is = (what) => page.locator(`${here} ${what}`).waitFor({ state: 'attached', timeout: 8000 })
  await look('reel')

  // SURF-V6: every key of the list.
  await press('Space')
  await page.waitForFunction((q) => document.querySelector(`${q} video`).paused, here)
  await page.evaluate((q) => { document.querySelector(`${q} video`).currentTime = 0 }, here)
  await press('ArrowRight')
  assert.ok((await state(page)).at > 2, 'SURF-V6: → goes ahead')
  await press('ArrowLeft')
  assert.ok((await state(page)).at < 1, 'SURF-V6: ← goes back')
  await press('Space')
  await plays(page, 0)
  await press('m')
  assert.equal((await state(page)).muted, false, 'SURF-V6: M')
  await press('z')
  await is('.rail-like.on')
  await press('c')
  await is('.rail-save.on')
  await press('g')
  await is('.rail-follow.on')
  await press('x')
  await page.locator('.talk').waitFor()
  assert.equal((await state(page)).paused, false, 'SURF-V7: it plays on beside the comments')
  await look('reel-comments')
  await page.locator('.talk-open').click()
  const field = page.locator('.talk textarea')
  await field.pressSequentially('zxcm')
  assert.equal(await field.inputValue(), 'zxcm')
  assert.ok(await page.locator(`${here} .rail-like.on`).count() && await page.locator('.talk').count(), 'SURF-V6: no key acts while one types')
  await press('Escape')
  await page.locator('.talk-open').waitFor()
  await press('x')
  await page.locator('.talk').waitFor({ state: 'detached' })
  await press('j')
  await page.locator('.reel-page.clean').waitFor()
  await press('j')
  await press('h')
  await page.locator('.reel-page.wide').waitFor()
  await press('h')
  await page.locator('.reel-page:not(.wide)').waitFor()
  await press('y')
  await page.waitForFunction(() => document.fullscreenElement)
  await press('y')
  await page.waitForFunction(() => !document.fullscreenElement)
  await press('v')
  await page.locator('.toast', { hasText: 'copied' }).waitFor()
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /https?:\/\//, 'SURF-V6: V copies an address')
  await press('b')
  await page.locator('.toast', { hasText: 'bullet' }).waitFor()
  assert.equal((await state(page)).loop, true, 'SURF-V8: each repeats')
  await press('k')
  assert.equal((await state(page)).loop, false, 'SURF-V8: until told otherwise')
  const first = await post(page)
  await page.evaluate((q) => { const v = document.querySelector(`${q} video`); v.currentTime = v.duration - 0.4 }, here)
  const second = await settled(page, first)
  assert.notEqual(second, first, 'SURF-V8: the next follows by itself')
  await press('k')
  await press('ArrowUp')
  assert.equal(await settled(page, second), first, 'SURF-V6: ↑')
  await press('ArrowDown')
  assert.equal(await settled(page, first), second, 'SURF-V6: ↓')
  await plays(page, 0)

  // SURF-V6: not interested; it leaves, and comes back if that was a mistake.
  await press('r')
  const third = await settled(page, second)
  assert.notEqual(third, second)
  await page.locator('.toast-action').last().click()
  assert.equal(await settled(page, third), second)

  // SURF-V6: the list of keys turns them off.
  await press('?')
  await page.locator('.reel-keys').waitFor()
  await look('reel-keys')
  await page.locator('.reel-switch input').uncheck()
  await press('Escape')
  await page.locator('.reel-keys').waitFor({ state: 'detached' })
  const was = (await state(page)).muted
  await press('m')
  assert.equal((await state(page)).muted, was, 'SURF-V6: keys that are off do nothing')

  // SURF-V9: who spares bytes has nothing loaded ahead.
  await page.evaluate(() => localStorage.setItem('reel', JSON.stringify({ saver: true, keys: true })))
  await page.goto(`${base}/video/${s.selling}`)
  await plays(page)
  assert.equal(await elements(page), 1, 'SURF-V9: one video is loaded')
  await press('f')
  await page.waitForURL(`${base}/u/**`)

  assert.deepEqual(found, [], 'axe and messages')
  assert.deepEqual(s.who.complaints, [], 'console and network')
}
