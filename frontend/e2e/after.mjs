// What comes after buying: parcels and their carriers, refunds of one line,
// returns that are disputed, ratings, and the wallet. Shops and carriers are at
// the API; the buyer is at the screen.
import assert from 'node:assert/strict'
import { Person, until } from './api.mjs'
import { rawKeys, tabTo, visitor } from './browser.mjs'
import { drawn } from './made.mjs'

const home = { name: 'Han Meimei', phone: '+8613800138000', region: 'Zhejiang', city: 'Hangzhou', district: '', line: '8 Lakeside Road', postcode: '' }
const price = 19_900

/** A shop with things on sale; returns what its choices are called. */
async function shopWith(base, name, titles, picture) {
  const keeper = await new Person(base).signUp(`${name} keeper`)
  await keeper.merchant({ name, story: '' })
  const cover = await keeper.upload(picture, { purpose: 'product' })
  const skus = []
  for (const title of titles) {
    const made = await keeper.post('/products', {
      title, body: '', category: 'home', facts: [{ name: 'Origin', value: 'Longquan' }], pictures: [{ id: cover, alt: title }], options: [],
      skus: [{ values: [], price: { amount: price, currency: 'CNY' }, list: { amount: price + 4_000, currency: 'CNY' } }], commission: 0,
    })
    await keeper.post(`/products/${made.id}/list`)
    await keeper.post(`/skus/${made.skus[0].id}/stock`, { by: 50, reason: 'delivery' })
    skus.push(made.skus[0].id)
  }
  return { keeper, skus }
}

/** Places an order by the API, and pays it unless told not to. */
async function bought(p, lines, pay = true) {
  const quote = await p.post('/quotes', { lines })
  const order = await p.post('/orders', { quote: quote.id, address: p.address })
  if (!pay) return order
  const payment = await p.post(`/orders/${order.id}/payments`, { provider: 'sandbox' })
  await p.post(`/sandbox/bills/${payment.id}/settle`, { pay: true })
  await until('the order is paid', async () => (await p.get(`/orders/${order.id}`)).state === 'paid')
  await until('its parcels are made', async () => (await p.get(`/orders/${order.id}/parcels`)).items.length === order.parts.length)
  return order
}

/** Sends all of a shop's part of an order with the sandbox carrier. */
async function sends(buyer, keeper, order, merchant) {
  const { items } = await buyer.get(`/orders/${order.id}/parcels`)
  const parcel = items.find((p) => p.merchant === merchant)
  const { shipments } = await keeper.post(`/shop/parcels/${parcel.id}/shipments`, { carrier: 'sandbox' })
  return { parcel: parcel.id, tracking: shipments[0].tracking }
}

/** Moves a box at the carrier, whose signed webhook tells of it. */
async function moves(buyer, { parcel, tracking }, state) {
  await buyer.post(`/sandbox/boxes/${tracking}/move`, { state })
  await until(`the carrier told of ${state}`, async () => (await buyer.get(`/parcels/${parcel}`)).shipments.some((s) => s.state === state))
}

async function stage(t, browser, base, { width, locale, scheme, name }) {
  const [picture] = await drawn(browser, 1, 600, 600)
  const [kiln, weaver] = await Promise.all([shopWith(base, 'Longquan Kiln', ['Celadon cup', 'Tea tray'], picture.buffer), shopWith(base, 'Suzhou Weaver', ['Linen cloth'], picture.buffer)])
  const buyer = await new Person(base).signUp(`Han ${name}`, locale)
  buyer.address = (await buyer.post('/account/addresses', home)).id
  const who = await visitor(browser, base, { width, locale, scheme, name })
  t.after(() => who.context.close())
  await buyer.at(who.context)
  const found = []
  const look = async (what, as = 'look') => {
    found.push(...(await who[as](what)), ...(await rawKeys(who.page)).map((k) => `${what}: raw key ${k}`))
    if (!(await who.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))) found.push(`${what}: scrolls sideways`)
  }
  return { kiln, weaver, buyer, who, page: who.page, look, glance: (what) => look(what, 'glance'), found, picture }
}

const amountOf = (text) => Number(text.replaceAll(/[^\d.]/g, ''))

/** One order of two shops: sent, tracked, one line refunded, received, rated. */
export async function afterStory(t, browser, base, screen) {
  const { kiln, weaver, buyer, who, page, look, glance, found, picture } = await stage(t, browser, base, screen)
  const order = await bought(buyer, [...kiln.skus, ...weaver.skus].map((sku, i) => ({ sku, n: i === 0 ? 2 : 1 })))
  const unpaid = await bought(buyer, [{ sku: kiln.skus[1], n: 1 }], false)
  const merchant = order.lines[0].merchant

  // What waits is counted on the page about oneself, and each tab shows it.
  await page.goto(`${base}/me`)
  await page.locator('.strip-tab .strip-n').nth(1).waitFor()
  await look('me')
  await page.locator('.strip-tab').first().click()
  await page.locator('.order-card .order-clock').waitFor()
  assert.equal(await page.locator('.order-card').count(), 1)
  await glance('unpaid')

  // An unpaid order has a countdown, is paid again or cancelled.
  await page.locator('.order-card .order-link').click()
  await page.locator('.order-left').waitFor()
  assert.ok(await page.locator('.order-pay').isVisible())
  await look('order-unpaid')
  await page.locator('.order-cancel').click()
  await page.locator('.order-cancel-sure').click()
  await page.locator('.order-hero.cancelled').waitFor()
  assert.equal((await buyer.get(`/orders/${unpaid.id}`)).state, 'cancelled')

  // Two parts of two shops; the carrier's words arrive in the timeline by its webhook.
  const box = await sends(buyer, kiln.keeper, order, merchant)
  await moves(buyer, box, 'in_transit')
  await moves(buyer, box, 'out_for_delivery')
  await page.goto(`${base}/orders/${order.id}`)
  await page.locator('.part-panel').nth(1).waitFor()
  const history = page.locator('.history-list')
  await history.getByText('Hangzhou').first().waitFor()
  assert.equal(await page.locator('.part-steps').first().locator('.done').count(), 3)
  assert.ok((await page.locator('.receipt').innerText()).length > 0)
  await look('order-on-its-way')
  await page.goto(`${base}/orders?state=to_ship`)
  await page.locator('.order-card', { hasText: 'Suzhou Weaver' }).waitFor()
  assert.equal(await page.locator('.order-card').count(), 1)
  await page.goto(`${base}/orders?state=to_receive`)
  await page.locator('.order-card', { hasText: 'Longquan Kiln' }).waitFor()
  await glance('to-receive')

  // What was not sent is cancelled by its buyer, at once, and money goes back.
  await page.goto(`${base}/orders/${order.id}/after-sale?part=${order.lines[2].merchant}`)
  await page.locator('.kind input[value=cancel]').waitFor({ state: 'attached' })
  await page.locator('.reason').first().click()
  await page.locator('.offer-sum').waitFor()
  assert.equal(amountOf(await page.locator('.offer-sum .money').innerText()), order.lines[2].due.amount / 100)
  await look('ask-cancel')
  await page.locator('.ask-send').click()
  await page.waitForURL('**/after-sales/**')
  await until('the money went back', async () => (await buyer.get(`/orders/${order.id}`)).back?.amount === order.lines[2].due.amount)

  // It arrives; all is there, by keys alone.
  await moves(buyer, box, 'delivered')
  await page.goto(`${base}/orders/${order.id}`)
  await page.locator('.receive').waitFor()
  await page.locator('.top-bar button').focus()
  await tabTo(page, '.receive')
  await page.keyboard.press('Enter')
  await tabTo(page, '.receive-sure')
  await glance('receive')
  await page.keyboard.press('Enter')
  await page.locator('.part-panel .part-rate').first().waitFor({ timeout: 15_000 })
  assert.equal((await buyer.get(`/parcels/${box.parcel}`)).state, 'received')

  // One of two cups is faulty: one unit goes back, with a photo, for what the server says.
  await page.locator('.part-ask').first().click()
  await page.locator('.units-line').nth(1).waitFor()
  await page.locator('.kind input[value=refund_only]').check({ force: true })
  await page.locator('.units-check').first().check()
  await page.locator('.units-step button').first().click()
  await page.locator('.reason input[value=faulty]').check({ force: true })
  await page.locator('.offer-sum').waitFor()
  assert.equal(amountOf(await page.locator('.offer-sum .money').innerText()), (price + order.lines[0].shipping.amount) / 100 - 0, 'one unit of two')
  await page.locator('.ask-send').click()
  await page.locator('.shot-picker.bad').waitFor()
  await glance('ask-needs-photo')
  await page.locator('.shot-picker input').setInputFiles(picture)
  await page.locator('.shot img').waitFor()
  await page.locator('.ask textarea').fill('The glaze has a crack.')
  await page.locator('.ask-send:not(:disabled)').waitFor()
  await look('ask')
  await page.locator('.ask-send').click()
  await page.waitForURL('**/after-sales/**')
  await page.locator('.request-timer').waitFor()
  await glance('asked')
  const asked = new URL(page.url()).pathname.split('/').pop()
  const before = await buyer.get(`/after-sales/${asked}`)
  assert.deepEqual(before.units, [{ line: 0, n: 1 }])
  assert.equal(before.evidence.length, 1)

  // The shop offers less; the buyer is shown what, and takes it.
  const offer = { amount: before.wanted.amount - 5_000, currency: 'CNY' }
  await kiln.keeper.post(`/shop/after-sales/${asked}/answer`, { agree: true, amount: offer, text: 'It can still be used.' })
  await page.reload()
  await page.locator('.request-accept').waitFor()
  assert.ok((await page.locator('.history').or(page.locator('.history-list')).innerText()).includes('It can still be used.'))
  await look('offered')
  await page.locator('.request-accept').click()
  await page.locator('.request-hero.good').waitFor()
  await until('the offer was paid', async () => (await buyer.get(`/after-sales/${asked}`)).state === 'done')
  const now = await buyer.get(`/orders/${order.id}`)
  assert.equal(now.back.amount, order.lines[2].due.amount + offer.amount, 'what went back is what was agreed on')
  await page.goto(`${base}/orders?state=aftersale`)
  await page.locator('.request-card').nth(1).waitFor()
  await glance('requests')

  // Rated once, with a picture, by keys; it is shown as verified and stays.
  await page.goto(`${base}/orders/${order.id}/rate`)
  await page.locator('.rate').first().waitFor()
  await page.locator('.top-bar button').focus()
  await tabTo(page, '.star input')
  await page.keyboard.press('ArrowLeft')
  await page.locator('.rate').first().locator('textarea').fill('A fine cup for tea.')
  await page.locator('.rate').first().locator('input[type=file]').setInputFiles(picture)
  await page.locator('.rate .shot img').waitFor()
  await look('rate')
  await page.locator('.rate-send:not(:disabled)').first().waitFor()
  await page.locator('.rate').first().locator('.rate-send').click()
  await page.locator('.rated .chip-good').waitFor()
  await glance('rated')
  const said = await buyer.get(`/ratings?of=${order.id}.0,${order.id}.1`)
  assert.equal(said.items.length, 1)
  assert.equal(said.items[0].rating.pictures.length, 1)

  // Bought again, into the cart.
  await page.goto(`${base}/orders/${order.id}`)
  await page.locator('.order-again').click()
  await page.locator('.toast').first().waitFor()
  assert.ok((await buyer.get('/cart')).count >= 3)

  // The list of all, in both parts.
  await page.goto(`${base}/orders`)
  await page.locator('.order-card').nth(1).waitFor()
  await glance('orders')

  assert.deepEqual(found, [], 'axe and messages')
  assert.deepEqual(who.complaints, [], 'console and network')
}

/** A return that the shop refuses and the platform is asked about; and one that goes back. */
export async function returnStory(t, browser, base, screen) {
  const { kiln, buyer, who, page, look, glance, found } = await stage(t, browser, base, screen)
  const order = await bought(buyer, kiln.skus.map((sku) => ({ sku, n: 1 })))
  const box = await sends(buyer, kiln.keeper, order, order.lines[0].merchant)
  await moves(buyer, box, 'delivered')
  await buyer.post(`/parcels/${box.parcel}/receive`)
  const asks = async (line) => {
    await page.goto(`${base}/orders/${order.id}/after-sale?line=${line}`)
    await page.locator('.kind input[value=return]').check({ force: true })
    await page.locator('.reason input[value=changed_mind]').check({ force: true })
    await page.locator('.offer-sum').waitFor()
    await page.locator('.ask-send').click()
    await page.waitForURL('**/after-sales/**')
    await page.locator('.request-hero').waitFor()
    return new URL(page.url()).pathname.split('/').pop()
  }

  // Agreed to: the number of the box that goes back is told, and its money follows.
  const first = await asks(0)
  await kiln.keeper.post(`/shop/after-sales/${first}/answer`, { agree: true, text: '' })
  await page.reload()
  await page.locator('.request-back').click()
  await look('send-back')
  await page.locator('#send-back input').first().fill('SF Express')
  await page.locator('#send-back input').nth(1).fill('SF1234567890')
  await page.keyboard.press('Enter')
  await page.locator('.request-tracking').waitFor()
  await glance('sent-back')
  await kiln.keeper.post(`/shop/after-sales/${first}/inspection`, { fine: true, restock: true, text: '' })
  await until('the money went back', async () => (await buyer.get(`/after-sales/${first}`)).state === 'done')

  // Refused: the platform is asked, and the words are kept.
  const second = await asks(1)
  await kiln.keeper.post(`/shop/after-sales/${second}/answer`, { agree: false, text: 'It was used.' })
  await page.reload()
  await page.locator('.request-dispute').click()
  await page.locator('#dispute textarea').fill('It was never out of its box.')
  await glance('dispute')
  await page.locator('dialog .btn-accent').click()
  await page.locator('.request-hero.warn').waitFor()
  assert.equal((await buyer.get(`/after-sales/${second}`)).state, 'disputed')
  await look('disputed')

  // The wallet shows each kind of thing one has, or says that there is none.
  for (const tab of ['', 'points', 'coupons', 'packets', 'cashback']) {
    await page.goto(`${base}/wallet${tab && `?tab=${tab}`}`)
    await page.locator('.wallet .state, .wallet .wallet-rows, .wallet .tickets').first().waitFor()
    await page.waitForLoadState('networkidle')
    await glance(`wallet-${tab || 'money'}`)
  }
  assert.deepEqual(found, [], 'axe and messages')
  assert.deepEqual(who.complaints, [], 'console and network')
}
