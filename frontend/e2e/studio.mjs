// A stranger becomes a creator with a shop, lists a product and publishes a
// post that sells it; edits it, plans another, and meets themselves in a second
// window. Somebody who bought the product shows it.
import assert from 'node:assert/strict'
import { rawKeys, visitor } from './browser.mjs'
import { deskStory } from './studio-desk.mjs'
import { call, drawn, person } from './studio-people.mjs'
import { screensStory } from './studio-screens.mjs'
import { uploadStory } from './studio-upload.mjs'

export const studioStories = {
  'a stranger opens a shop and publishes a post that sells': studioStory,
  'a buyer shows what they bought, and nothing else': buyerStory,
  'a large video survives the network and a reload, and reaches a follower': uploadStory,
  ...(process.env.MEADOW_E2E_ALL ? { 'somebody hired writes for the account they chose': staffStory, 'every screen of the studio is sound in both languages and sizes': screensStory } : {}),
  'a moderator decides by keys, takes it back, and a ban needs two': deskStory,
}

const inFollowing = async (page, title, most = 20_000) => {
  for (const begun = Date.now(); ; ) {
    const { items } = await call(page, 'GET', '/feed/following?limit=10')
    if (items.some((c) => c.title === title)) return Date.now() - begun
    assert.ok(Date.now() - begun < most, `a follower sees ${title}`)
  }
}

export async function studioStory(t, browser, base) {
  const who = await visitor(browser, base, { width: 1440, locale: 'en', name: 'studio' })
  t.after(() => who.context.close())
  const fan = await person(browser, base, { name: 'Follower', as: 'follower' })
  t.after(() => fan.context.close())
  const { page } = who
  const found = []
  const look = async (screen) => found.push(...(await who.look(screen)), ...(await rawKeys(page)).map((k) => `${screen}: raw key ${k}`))
  const pictures = await drawn(browser, 3)
  const title = `A story about rose ${Date.now()}`

  await page.goto(`${base}/sign-in`)
  await page.locator('.sign-in-ways button').nth(2).click()
  for (const [name, value] of Object.entries({ name: 'Maker', username: `maker-${crypto.randomUUID()}@example.com`, password: `horse-${crypto.randomUUID()}` })) await page.locator(`[name=${name}]`).fill(value)
  await page.locator('.sign-in button[type=submit]').click()
  await page.waitForURL(`${base}/`)

  await page.goto(`${base}/me`)
  await page.locator('.me-promo .btn').click()
  await page.locator('.terms input').check()
  await look('terms')
  await page.locator('.sheet-foot .btn').click()
  await page.locator('.me-promo.creator').waitFor()

  await page.goto(`${base}/studio/products`)
  await page.getByLabel('Name of the shop').fill('Rose & Co')
  await look('open-shop')
  await page.locator('.open-shop button').click()
  await page.getByRole('link', { name: 'New product' }).click()
  await page.getByLabel('Title').fill('Rose soap')
  await page.locator('.picker-add input').setInputFiles(pictures.slice(0, 2))
  await page.getByLabel('Name 1').fill('Origin')
  await page.getByLabel('Value 1').fill('Grasse, France')
  await page.getByRole('button', { name: 'Add an option' }).click()
  await page.getByLabel('Option', { exact: true }).fill('Size')
  await page.getByLabel('Values').fill('S, L')
  await page.getByLabel('Values').press('Enter')
  for (const [i, price] of ['12.50', '19'].entries()) await page.locator('.matrix tbody tr').nth(i).locator('input.num').first().fill(price)
  await page.locator('.picker-item.ready').nth(1).waitFor()
  await look('product')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.locator('.stock-edit').waitFor()
  await page.getByLabel('S change by').fill('20')
  await page.getByLabel('Reason').fill('Stocktaking')
  await page.getByRole('button', { name: 'Change the stock' }).click()
  await page.locator('.stock-edit tbody tr').first().locator('td').nth(1).filter({ hasText: /^20$/ }).waitFor()
  await page.getByRole('button', { name: 'Put on sale' }).click()
  await page.locator('.studio-head .chip-good').waitFor()
  await look('product-on-sale')

  // A post that sells it.
  await call(fan.page, 'PUT', `/creators/${(await call(page, 'GET', '/account/me')).id}/follow`)
  await page.getByRole('link', { name: 'Publish' }).click()
  await page.locator('.kinds').waitFor()
  await page.locator('.picker-add input').setInputFiles(pictures)
  await page.locator('.picker-item.ready').nth(2).waitFor()
  await page.locator('.picker-show').first().focus()
  await page.keyboard.press('Alt+ArrowRight')
  await page.locator('.picker-item.chosen:nth-child(2)').waitFor()
  await page.getByRole('button', { name: 'Tag a product' }).click()
  await page.locator('.pick-row', { hasText: 'Rose soap' }).first().click()
  await page.locator('.board-spot').focus()
  await page.keyboard.press('Shift+ArrowRight')
  assert.match(await page.locator('.board-spot').getAttribute('aria-label'), /55 % from the left/)
  const ad = page.getByRole('switch', { name: 'Ad label' })
  assert.ok((await ad.isChecked()) && (await ad.isDisabled()), 'a post that sells carries the Ad label')
  await page.getByLabel('Title', { exact: true }).fill(title)
  await page.getByRole('combobox', { name: /Text/ }).pressSequentially('With @Follow')
  await page.getByRole('option', { name: 'Follower' }).first().click()
  await look('publish')
  await page.locator('.publish-go').click()
  await page.waitForURL('**/studio/posts')
  await page.locator('.row-title', { hasText: title }).waitFor()
  t.diagnostic(`in the follower's feed after ${await inFollowing(fan.page, title)} ms`)
  await look('posts')

  // Edited, and what it said before is kept.
  await page.getByRole('link', { name: `Edit: ${title}` }).click()
  await page.getByLabel('Title', { exact: true }).fill(`${title}, again`)
  await page.getByRole('link', { name: 'Calendar' }).click()
  await page.getByRole('button', { name: 'Stay' }).click()
  await page.locator('.publish-go').click()
  await page.waitForURL('**/studio/posts')
  await page.locator('.row-title', { hasText: `${title}, again` }).waitFor()
  await page.getByRole('button', { name: `Earlier versions of ${title}, again` }).click()
  await page.locator('.versions .row-title', { hasText: title }).waitFor()
  await page.keyboard.press('Escape')

  // A draft that is open twice: one of them must say whose words stay.
  await page.goto(`${base}/studio/publish`)
  await page.getByLabel('Title', { exact: true }).fill('Mine')
  await page.locator('.save-state', { hasText: 'Saved at' }).waitFor()
  await page.waitForURL('**/drafts/**')
  const second = await page.context().newPage()
  await second.goto(page.url())
  await second.getByLabel('Title', { exact: true }).fill('Theirs')
  await second.waitForResponse((r) => r.request().method() === 'PUT' && r.ok())
  await second.close()
  await page.getByLabel('Title', { exact: true }).fill('Mine after all')
  await page.getByRole('button', { name: 'Keep mine' }).waitFor()
  await look('conflict')
  await page.getByRole('button', { name: 'Load theirs' }).click()
  await page.waitForFunction(() => [...document.querySelectorAll('input')].some((i) => i.value === 'Theirs'))

  // Planned, taken back, planned again, and gone out by itself.
  const planned = `Planned ${Date.now()}`
  await page.getByLabel('Title', { exact: true }).fill(planned)
  await page.locator('.picker-add input').setInputFiles(pictures[0])
  await page.locator('.picker-item.ready').waitFor()
  await page.locator('.send .pill').nth(1).click()
  await page.locator('.publish-go').click()
  await page.waitForURL('**/posts?tab=scheduled')
  await page.locator('.row-title', { hasText: planned }).click()
  await page.getByRole('button', { name: 'Do not publish it by itself' }).click()
  await page.locator('.toast', { hasText: 'draft again' }).waitFor()
  const draft = page.url().split('/').at(-1)
  const { rev } = await call(page, 'GET', `/drafts/${draft}`)
  const at = Date.now() + 4000
  await call(page, 'PUT', `/drafts/${draft}/schedule`, { rev, at: new Date(at).toISOString(), zone: 'Asia/Shanghai' })
  await inFollowing(fan.page, planned, 30_000)
  t.diagnostic(`a planned post was in the feed ${Date.now() - at} ms after its time`)

  // Nobody's own posts are chosen for them; followers have it.
  await fan.page.goto(`${base}/?tab=following`)
  const card = fan.page.locator('.card', { hasText: title })
  await card.waitFor()
  assert.equal(await card.locator('.card-ad').innerText(), 'Ad')
  assert.match(await card.locator('.card-price').innerText(), /12\.50/)
  assert.deepEqual(found, [], 'axe and messages')
  // A draft that was changed elsewhere answers 409: browsers say so.
  assert.deepEqual(who.complaints.filter((c) => !/status of 409/.test(c)), [], 'console and network')
}

/** Buys one of a product that is on sale, and returns its title. */
async function buy(page, base) {
  const { items } = await call(page, 'GET', '/products?limit=20')
  const product = items.find((p) => p.skus.some((s) => s.available > 0))
  const sku = product.skus.find((s) => s.available > 0)
  await call(page, 'POST', '/account/addresses', { name: 'Kim', phone: '13800008000', region: '上海市', city: '上海', district: '', line: '南京西路 1 号', postcode: '', default: true })
  const [address] = (await call(page, 'GET', '/account/addresses')).items
  const quote = await call(page, 'POST', '/quotes', { lines: [{ sku: sku.id, n: 1 }] })
  const order = await call(page, 'POST', '/orders', { quote: quote.id, address: address.id }, crypto.randomUUID())
  const payment = await call(page, 'POST', `/orders/${order.id}/payments`, { provider: 'sandbox' }, crypto.randomUUID())
  await page.goto(payment.url)
  await page.locator('button.pay').click()
  await page.locator('.yes').waitFor()
  await page.goto(base)
  return product.title
}

export async function buyerStory(t, browser, base) {
  const who = await person(browser, base, { name: 'Kim', as: 'buyer', width: 390 })
  t.after(() => who.context.close())
  const { page } = who
  const bought = await buy(page, base)
  for (let i = 0; i < 20 && !(await call(page, 'GET', '/orders?state=paid')).items.length; i++) await page.waitForTimeout(500)
  await page.goto(`${base}/studio/publish`)
  await page.locator('.note', { hasText: 'Become a creator' }).waitFor()
  await page.locator('.picker-add input').setInputFiles(await drawn(browser, 1))
  await page.locator('.picker-item.ready').waitFor()
  await page.getByRole('button', { name: 'Tag a product' }).click()
  await page.locator('.pick-row').first().waitFor()
  assert.deepEqual(await page.locator('.pick-row .clamp2').allInnerTexts(), [bought])
  await who.see('only-bought', '.pick-row')
  await page.locator('.pick-row').first().click()
  assert.ok(!(await page.getByRole('switch', { name: 'Ad label' }).isChecked()), 'what one bought is no ad by itself')
  await page.getByLabel('Made from an order (optional)').or(page.getByLabel(/Made from an order/)).selectOption({ index: 1 })
  await page.locator('.verified').waitFor()
  const title = `What I bought ${Date.now()}`
  await page.getByLabel('Title', { exact: true }).fill(title)
  await who.see('buyer-editor', '.verified')
  await page.locator('.publish-go').click()
  await page.waitForURL('**/studio/posts')
  await page.locator('.row-title', { hasText: title }).waitFor()
  const { items } = await call(page, 'GET', '/works')
  assert.ok(items[0].verified, 'it carries the mark')
  assert.deepEqual(who.found, [], 'axe and messages')
  assert.deepEqual(who.complaints, [], 'console and network')
}

export async function staffStory(t, browser, base) {
  const boss = await person(browser, base, { name: 'Bossy', creator: true, as: 'boss' })
  t.after(() => boss.context.close())
  const name = `Edda${Date.now()}`
  const hired = await person(browser, base, { name, as: 'hired' })
  t.after(() => hired.context.close())
  await boss.page.goto(`${base}/studio/staff`)
  await boss.page.getByRole('combobox', { name: 'Name' }).pressSequentially(name)
  await boss.page.getByRole('option', { name }).click()
  await boss.page.locator('form .btn-accent').click()
  await boss.page.locator('.rows .row-title', { hasText: name }).waitFor()
  await boss.see('staff', '.rows')

  const { page } = hired
  await page.goto(`${base}/studio/posts`)
  await page.locator('.studio-acting select').selectOption({ index: 1 })
  await page.goto(`${base}/studio/publish`)
  await page.getByLabel('Title', { exact: true }).fill('For the boss')
  await page.locator('.save-state', { hasText: 'Saved at' }).waitFor()
  await hired.see('acting', '.save-state')
  assert.deepEqual((await call(boss.page, 'GET', '/drafts')).items.map((d) => d.content.title), ['For the boss'])
  for (const p of [boss, hired]) {
    assert.deepEqual(p.found, [], 'axe and messages')
    assert.deepEqual(p.complaints, [], 'console and network')
  }
}
