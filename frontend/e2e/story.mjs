// The purchase: from the feed to a paid order without leaving the post.
// MEADOW_URL names a running shop, or MEADOW_TEST_BIN a server to start;
// MEADOW_SHOTS a folder for pictures.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { feedStories } from './feed.mjs'
import { launch, rawKeys, tabTo, visitor } from './browser.mjs'
import { searchKeysStory, searchStory } from './search.mjs'
import { openShop } from './shop.mjs'
import { socialStory, videoStory } from './social.mjs'
import { studioStories } from './studio.mjs'
import { reelKeysStory, reelStory } from './video.mjs'

let browser
let shop
let base = ''
before(async () => {
  shop = await openShop()
  base = shop.base
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await shop?.close()
})

const person = () => ({ name: 'Story', login: `story-${crypto.randomUUID()}@example.com`, password: `horse-${crypto.randomUUID()}` })
const home = { name: '李雷', phone: '13800008000', region: '上海市', city: '上海', line: '南京西路 1 号' }

/** A post that sells something one can buy: of those on the screen, where it shows some. */
async function sellingPost(page) {
  const path = await page.evaluate(async () => {
    const shown = [...document.querySelectorAll('.card:has(.card-price)')].map((c) => c.dataset.post)
    const newest = async () => (await (await fetch('/api/v1/feed/newest?limit=50')).json()).items.filter((c) => c.price).map((c) => c.id)
    for (const id of shown.length ? shown : await newest()) {
      const post = await (await fetch(`/api/v1/posts/${id}`)).json()
      const tag = post.kind === 'pictures' && post.tags.find((t) => t.on_sale && t.available > 0)
      if (tag) return { id: post.id, product: tag.product }
    }
    return null
  })
  assert.ok(path, 'the shop has a post that sells something: is it a demonstration?')
  return path
}

/** Scrolls the feed until a card is there, as a reader does. */
async function findCard(page, id) {
  const card = page.locator(`.card-link[href="/p/${id}"]`)
  for (let i = 0; i < 12 && !(await card.count()); i++) {
    await page.mouse.wheel(0, 4000)
    await page.waitForLoadState('networkidle')
  }
  await card.scrollIntoViewIfNeeded()
  return card
}

/** The first choices that can be bought, one of each option. */
async function chooseByMouse(page) {
  const groups = page.locator('.sku-values')
  for (let i = 0; i < (await groups.count()); i++) {
    const free = groups.nth(i).locator('.sku-value:not(.impossible):not(.sold-out)')
    if (!(await groups.nth(i).locator('[aria-checked=true]').count())) await free.first().click()
  }
}

async function chooseByKeys(page) {
  const groups = page.locator('.sku-values')
  for (let i = 0; i < (await groups.count()); i++) {
    const group = groups.nth(i)
    await tabTo(page, `.sku-option:nth-of-type(${i + 1}) [role=radio], .sku-values [role=radio]`)
    if (!(await group.evaluate((g) => g.contains(document.activeElement)))) {
      await page.keyboard.press('Tab')
      await tabTo(page, '[role=radio]')
    }
    const sold = () => group.locator('[aria-checked=true].sold-out, [aria-checked=true].impossible').count()
    await page.keyboard.press('Enter')
    for (let k = 0; k < 12 && ((await sold()) || !(await group.locator('[aria-checked=true]').count())); k++) await page.keyboard.press('ArrowRight')
  }
}

async function fill(page, values) {
  for (const [name, value] of Object.entries(values)) await page.locator(`form [name=${name}]`).fill(value)
}

async function type(page, values) {
  for (const [name, value] of Object.entries(values)) {
    await tabTo(page, `form [name=${name}]`)
    await page.keyboard.insertText(value)
  }
}

async function story(t, { width, locale, scheme, keys = false }) {
  const name = `${width}-${locale}-${scheme}${keys ? '-keys' : ''}`
  const who = await visitor(browser, base, { width, locale, scheme, name })
  t.after(() => who.context.close())
  const { page } = who
  const found = []
  const look = async (screen, on) => found.push(...(await who.look(screen, on)), ...(on ? [] : (await rawKeys(page)).map((k) => `${screen}: raw key ${k}`)))
  const press = async (selector) => {
    if (!keys) return page.locator(selector).first().click()
    await tabTo(page, selector)
    await page.keyboard.press('Enter')
  }
  const me = person()

  // Sign up.
  await page.goto(`${base}/sign-in`)
  await page.locator('.sign-in').waitFor()
  assert.equal(await page.getAttribute('html', 'lang'), locale)
  await press('.sign-in-ways button:nth-child(3)')
  await (keys ? type : fill)(page, { name: me.name, username: me.login, password: me.password })
  await look('sign-up')
  await press('.sign-in button[type=submit]')
  await page.waitForURL(`${base}/`)

  // The feed.
  await page.locator('.waterfall > li.placed').first().waitFor()
  await page.waitForLoadState('networkidle')
  await look('feed')
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the feed scrolls sideways')
  const { columns, cards } = await page.evaluate(() => {
    const placed = [...document.querySelectorAll('.waterfall > li.placed')]
    return { columns: new Set(placed.map((li) => Math.round(li.getBoundingClientRect().left))).size, cards: placed.length }
  })
  assert.equal(columns, Math.min(cards, width < 600 ? 2 : 5), 'columns of the feed')

  // The post, over the feed where there is room, and its product.
  const selling = await sellingPost(page)
  const card = await findCard(page, selling.id)
  const scrolled = await page.evaluate(() => scrollY)
  if (keys) {
    await card.focus()
    await page.keyboard.press('Enter')
  } else await card.click()
  await page.waitForURL(`**/p/${selling.id}`)
  await page.locator('.post-text h1').waitFor()
  await page.waitForLoadState('networkidle')
  await look('post')
  const buy = `.post-product .btn:not(:disabled)`
  await press(buy)
  await page.locator('.choice-head').waitFor()
  await look('product')
  await (keys ? chooseByKeys : chooseByMouse)(page)
  assert.ok(await page.evaluate(() => document.querySelector('dialog.sheet:last-of-type')?.contains(document.activeElement)), 'the focus is in the sheet')
  await press('.product-buttons .btn-accent')

  // The address and the order.
  await page.locator('.address-form').waitFor()
  await look('address')
  await (keys ? type : fill)(page, home)
  await press('.address-form button[type=submit]')
  await page.locator('.checkout-foot .btn:not(:disabled)').waitFor()
  await look('checkout')
  const [cashier] = await Promise.all([page.context().waitForEvent('page'), press('.checkout-foot .btn')])

  // The provider's page, in a tab of its own.
  await cashier.waitForURL('**/sandbox/pay/**')
  await cashier.bringToFront()
  await look('cashier', cashier)
  if (keys) {
    await tabTo(cashier, 'button.pay')
    await cashier.keyboard.press('Enter')
  } else await cashier.locator('button.pay').click()
  await cashier.locator('.yes').waitFor()
  await cashier.close()

  // Paid, still over the post.
  await page.bringToFront()
  await page.locator('.pay-icon.good').waitFor({ timeout: 30_000 })
  assert.match(new URL(page.url()).pathname, /^\/p\//)
  await look('paid')
  await press('.pay-buttons .btn-accent')
  await page.locator('dialog .pay').waitFor({ state: 'detached' })
  assert.match(new URL(page.url()).pathname, /^\/p\//)

  // Back in the feed, where it was left.
  await page.goBack()
  await page.waitForURL(`${base}/`)
  await page.waitForFunction((y) => Math.abs(scrollY - y) <= 2, scrolled)

  // The order is in the list, and opens.
  await page.goto(`${base}/orders?state=paid`)
  await page.locator('.order-card').first().waitFor()
  assert.equal(await page.locator('.order-card').count(), 1)
  await look('orders')
  await press('.order-link')
  await page.locator('.order-facts').waitFor()
  await page.waitForLoadState('networkidle')
  await look('order')

  assert.deepEqual(found, [], 'axe and messages')
  assert.deepEqual(who.complaints, [], 'console and network')
}

// One of the four kinds of screen (the story without a mouse is told on another),
// or with MEADOW_E2E_ALL all of them.
const all = Boolean(process.env.MEADOW_E2E_ALL)
for (const [width, locale, scheme] of [[390, 'zh-CN', 'light'], [1440, 'en', 'dark'], [390, 'en', 'dark'], [1440, 'zh-CN', 'light']].slice(0, all ? 4 : 1)) {
  test(`a visitor buys from a post at ${width} px in ${locale}, ${scheme}`, { timeout: 150_000 }, (t) => story(t, { width, locale, scheme }))
}

test('somebody without a mouse buys from a post', { timeout: 180_000 }, (t) => story(t, { width: 1440, locale: 'zh-CN', scheme: 'light', keys: true }))

test('every other screen is sound in both languages', { timeout: 180_000 }, async (t) => {
  for (const [width, locale, scheme] of [[390, 'en', 'light'], [1440, 'zh-CN', 'dark']]) {
    const who = await visitor(browser, base, { width, locale, scheme, name: `rest-${width}` })
    const { page } = who
    const found = []
    await page.goto(`${base}/`)
    const { id, product } = await sellingPost(page)
    const { author, shop } = await page.evaluate(
      async ([post, item]) => ({
        author: (await (await fetch(`/api/v1/posts/${post}`)).json()).author.id,
        shop: (await (await fetch(`/api/v1/products/${item}`)).json()).merchant,
      }),
      [id, product],
    )
    const paths = ['/?tab=following', `/p/${id}`, `/product/${product}`, `/u/${author}`, `/shop/${shop}`, '/search?q=a', '/search?q=a&kind=product', '/orders', '/me', '/inbox', '/nowhere', '/studio/']
    for (const path of paths) {
      await page.goto(base + path)
      await page.locator('main').first().waitFor()
      await page.waitForLoadState('networkidle')
      const screen = path.replaceAll(/\W+/g, '-').replace(/^-/, '').slice(0, 24) || 'home'
      found.push(...(await who.look(screen)), ...(await rawKeys(page)).map((k) => `${path}: raw key ${k}`))
      if (!(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))) found.push(`${path}: scrolls sideways`)
    }
    // What a visitor may not see answers 401, and a missing page 404: browsers say so.
    const real = who.complaints.filter((c) => !/status of (401|404)/.test(c))
    await who.context.close()
    assert.deepEqual(found, [])
    assert.deepEqual(real, [])
  }
  t.diagnostic('looked at every screen')
})

for (const [name, story] of Object.entries(studioStories)) test(name, { timeout: 400_000 }, (t) => story(t, browser, base, shop.operator))

// After those of the studio, in which the operator comes by the link.
for (const [name, story] of Object.entries(feedStories)) test(name, { timeout: 240_000 }, (t) => story(t, browser, base))

for (const screen of [{ width: 390, locale: 'zh-CN', scheme: 'dark', name: 'phone' }, { width: 1440, locale: 'en', scheme: 'light', name: 'desk' }].slice(0, all ? 2 : 1)) {
  test(`people talk, collect, share and keep away at ${screen.width} px`, { timeout: 300_000 }, (t) => socialStory(t, browser, base, screen))
}

test('a video plays, obeys keys and is counted', { timeout: 180_000 }, (t) => videoStory(t, browser, base))

test('one swipe is one video', { timeout: 180_000 }, (t) => reelStory(t, browser, base))

test('keys steer the feed of videos', { timeout: 180_000 }, (t) => reelKeysStory(t, browser, base))

test('what is composed is completed, found and forgotten', { timeout: 180_000 }, (t) => searchStory(t, browser, base))

test('somebody without a mouse searches', { timeout: 180_000 }, (t) => searchKeysStory(t, browser, base))
