// Search: what is typed, completed, found, narrowed down and forgotten. Each
// promise of SURFACES' list is named where it is kept.
import assert from 'node:assert/strict'
import { Person, until } from './api.mjs'
import { rawKeys, tabTo, visitor } from './browser.mjs'
import { drawn } from './made.mjs'

const word = '露营咖啡'

let made
/** Posts that can be found by their words, their sound and with a slip. */
function posts(browser, base) {
  made ??= (async () => {
    const by = await (await new Person(base).signUp('Wilma Fernweh')).creator()
    const [picture] = await drawn(browser, 1)
    const media = await by.upload(picture.buffer)
    // What one alone writes about is not suggested to others.
    const other = await (await new Person(base).signUp('Otto Laterne')).creator()
    await other.post('/posts', { kind: 'pictures', title: 'Every lantern I own', body: '', topics: ['lanterns', '露营'], pictures: [{ id: await other.upload(picture.buffer), alt: 'A lantern' }], tags: [], ad: false, lang: 'en' })
    const write = (title, more) => by.post('/posts', { kind: 'pictures', title, body: '', topics: ['露营'], pictures: [{ id: media, alt: 'A camp' }], tags: [], ad: false, lang: 'zh-CN', ...more })
    const zh = await write(`山谷里的${word}`, { genre: 'guide' })
    const en = await write('Marvellous lantern evenings', { lang: 'en', topics: ['lanterns'] })
    // What was just written is found a moment later.
    await until('the posts are found', async () => (await by.get(`/search?q=${encodeURIComponent(word)}&kind=post`)).items.some((f) => f.post?.id === zh.id))
    await until('both are found', async () => (await by.get('/search?q=lantern&kind=post')).items.some((f) => f.post?.id === en.id))
    return { zh: zh.id, en: en.id, by: by.id }
  })()
  return made
}

async function open(t, browser, base, screen) {
  const found = await posts(browser, base)
  const who = await visitor(browser, base, screen)
  t.after(() => who.context.close())
  const wrong = []
  const look = async (what) => {
    wrong.push(...(await who.look(what)), ...(await rawKeys(who.page)).map((k) => `${what}: raw key ${k}`))
    if (!(await who.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))) wrong.push(`${what}: scrolls sideways`)
  }
  return { ...found, who, page: who.page, look, wrong, field: who.page.locator('.search-box:visible input') }
}

const card = (page, id) => page.locator(`.card[data-post="${id}"]`)
const query = (page) => Object.fromEntries(new URL(page.url()).searchParams)

/** On a phone: words are typed and composed, completed, remembered, found. */
export async function searchStory(t, browser, base) {
  const s = await open(t, browser, base, { width: 390, locale: 'zh-CN', name: 'search' })
  const { page, field, look, wrong } = s
  const asked = []
  await page.route('**/api/v1/search/suggest**', async (r) => {
    asked.push({ q: new URL(r.request().url()).searchParams.get('q'), at: Date.now() })
    await r.continue()
  })
  await page.goto(`${base}/search`)
  await field.click()
  await look('search-start')

  // SURF-S1: while an input method composes, nobody is asked; after it, soon.
  const cdp = await page.context().newCDPSession(page)
  for (const text of ['lu', 'luy', 'luyi', 'luying']) {
    await cdp.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
    await page.waitForTimeout(120)
  }
  assert.deepEqual(asked, [], 'SURF-S1: nothing is asked for while composing')
  await page.evaluate(() => document.querySelector('.search-box:has(:focus) input').addEventListener('compositionend', () => (window.ended = performance.timeOrigin + performance.now())))
  await cdp.send('Input.insertText', { text: '露营' })
  await page.locator('.search-option').first().waitFor()
  assert.equal(await field.inputValue(), '露营')
  assert.deepEqual(asked.map((a) => a.q), ['露营'], 'SURF-S1: once, for what was composed')
  const [shown, ended] = await page.evaluate(() => [performance.timeOrigin + performance.now(), window.ended])
  t.diagnostic(`suggestions were there ${Math.round(shown - ended)} ms after the last key`)
  const wait = asked[0].at - (await page.evaluate(() => window.ended))
  assert.ok(wait <= 150, `SURF-S1: asked for ${wait} ms after the last key`)
  await page.locator('.search-option .hit', { hasText: '露营' }).first().waitFor()
  await look('search-suggest')

  // SURF-S2: Enter searches; what matched is marked; it is remembered.
  await field.fill(word)
  await field.press('Enter')
  await page.waitForURL('**/search?q=**')
  await card(page, s.zh).waitFor()
  assert.equal((await card(page, s.zh).locator('.hit').allInnerTexts()).join(''), word, 'SURF-S2: what matched is marked')
  await look('search-results')

  // SURF-S2: kinds and filters are in the address, and a reload keeps them.
  await page.locator('.tabs a').nth(1).click()
  await page.waitForURL('**kind=post**')
  assert.equal(await page.locator('.tabs a').count(), 5, 'all, posts, videos, products, people')
  await card(page, s.zh).waitFor()
  await page.goto(`${base}/search?q=${encodeURIComponent('露营')}&kind=post`)
  await page.locator('.narrow-open').click()
  await page.locator('.narrow-choice').first().waitFor()
  await look('search-filters')
  await page.locator('.narrow-choice', { hasText: '购物攻略' }).click()
  await page.waitForURL('**genre=guide**')
  await page.locator('.narrow-foot .btn-accent').click()
  await page.locator('.narrow-sort').nth(1).click()
  await page.waitForURL('**sort=newest**')
  await page.reload()
  await card(page, s.zh).waitFor()
  assert.deepEqual(query(page), { q: '露营', kind: 'post', genre: 'guide', sort: 'newest' }, 'SURF-S2: the address holds all of it')
  await page.locator('.narrow-on a').first().click()
  await page.waitForFunction(() => !location.search.includes('genre'))

  // SURF-S2: by sound, and with a slip.
  await page.goto(`${base}/search?q=luyingkafei`)
  await card(page, s.zh).waitFor()
  await page.goto(`${base}/search?q=marvelous%20lantren`)
  await card(page, s.en).waitFor()

  // SURF-S2: where nothing is found, something else is offered.
  await page.goto(`${base}/search?q=qqzzxxvv`)
  await page.locator('.instead a').first().waitFor()
  await look('search-none')
  await page.locator('.instead a').first().click()
  await page.locator('.card, .goods-card, .person-row').first().waitFor()

  // SURF-S1: a visitor's history stays on the device, and is forgotten one by one, or all.
  await page.goto(`${base}/search`)
  const past = page.locator('.start-past').first().locator('a')
  await past.first().waitFor()
  const before = await past.allInnerTexts()
  assert.ok(before.includes(word) && before.includes('qqzzxxvv'), `SURF-S1: remembered: ${before}`)
  await page.getByRole('button', { name: 'qqzzxxvv' }).click()
  await page.locator('.start-past a', { hasText: 'qqzzxxvv' }).waitFor({ state: 'detached' })
  await page.locator('.start-clear').click()
  await page.locator('.start-clear').waitFor({ state: 'detached' })
  await page.reload()
  await field.waitFor()
  assert.equal(await page.locator('.start-clear').count(), 0, 'SURF-S1: forgotten for good')

  // A part that fails says so, and can be tried again.
  await page.route('**/api/v1/search?**', (r) => r.fulfill({ status: 400, contentType: 'application/json', body: JSON.stringify({ error: { code: 'invalid', reason: 'invalid_input', message: 'no' } }) }), { times: 1 })
  await page.goto(`${base}/search?q=${encodeURIComponent(word)}`)
  await page.locator('.state button').click()
  await card(page, s.zh).waitFor()

  assert.deepEqual(wrong, [], 'axe and messages')
  assert.deepEqual(s.who.complaints.filter((c) => !/status of 40[01]/.test(c)), [], 'console and network')
}

/** At a desk, without a mouse: a list beside a field, by the keys it should have. */
export async function searchKeysStory(t, browser, base) {
  const s = await open(t, browser, base, { width: 1440, locale: 'en', scheme: 'dark', name: 'search-desk' })
  const { page, field, look, wrong } = s
  await (await new Person(base).signUp('Seeker')).at(s.who.context)
  await page.goto(`${base}/`)
  await tabTo(page, '.search-box input')
  await page.keyboard.type('lant', { delay: 40 })
  const options = page.locator('[role=listbox] [role=option]')
  await options.first().waitFor()
  assert.equal(await field.getAttribute('role'), 'combobox')
  assert.equal(await field.getAttribute('aria-expanded'), 'true')
  const active = () => field.getAttribute('aria-activedescendant')
  assert.equal(await active(), null)
  await page.keyboard.press('ArrowDown')
  assert.equal(await active(), await options.first().getAttribute('id'))
  assert.equal(await options.first().getAttribute('aria-selected'), 'true')
  assert.ok(await field.evaluate((f) => f === document.activeElement), 'the focus stays where one types')
  await look('search-list')
  await page.keyboard.press('ArrowUp')
  assert.equal(await active(), null)
  await page.keyboard.press('Escape')
  await options.first().waitFor({ state: 'detached' })
  assert.equal(await field.getAttribute('aria-expanded'), 'false')
  await field.fill('lantern')
  await page.keyboard.press('Enter')
  await card(page, s.en).waitFor()
  await look('search-results')

  // People are rows with a button that follows.
  await page.goto(`${base}/search?q=Fernweh&kind=creator`)
  const row = page.locator(`.person-row:has(a[href="/u/${s.by}"])`)
  await row.locator('.hit', { hasText: 'Fernweh' }).waitFor()
  await row.locator('button').click()
  await row.locator('button[aria-pressed=true]').waitFor()
  await look('search-people')

  // What is signed in for is remembered by the shop, and forgotten there.
  await page.goto(`${base}/`)
  await field.click()
  const past = page.locator('.start-past a', { hasText: 'lantern' })
  await past.first().waitFor()
  await look('search-history')
  await page.locator('.start-clear').click()
  await past.first().waitFor({ state: 'detached' })
  await page.reload()
  await page.waitForLoadState('networkidle')
  await field.click()
  await page.locator('.start').waitFor()
  assert.equal(await page.locator('.start-clear').count(), 0, 'SURF-S1: forgotten for good')

  assert.deepEqual(wrong, [], 'axe and messages')
  assert.deepEqual(s.who.complaints, [], 'console and network')
}
