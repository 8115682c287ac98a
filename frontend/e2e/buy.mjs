// Buying: the product's page, the cart of several shops, the checkout on one page,
// and what becomes of a payment. Every story makes its own shops.
import assert from 'node:assert/strict'
import { Person, until } from './api.mjs'
import { rawKeys, tabTo, visitor } from './browser.mjs'
import { drawn } from './made.mjs'

const cny = (amount) => ({ amount, currency: 'CNY' })
const soon = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString()
const home = { name: '韩梅梅', phone: '13900001234', region: '浙江省', city: '杭州市', district: '西湖区', line: '文三路 100 号' }
const pasted = '韩梅梅 13900001234 浙江省杭州市西湖区文三路 100 号'

/** A shop with one product of four SKUs, of which one cannot be had. */
export async function stall(browser, base, name) {
  const keeper = await new Person(base).signUp(name)
  const shop = await keeper.merchant({ name, story: '' })
  const pictures = []
  for (const file of await drawn(browser, 2)) pictures.push({ id: await keeper.upload(file.buffer, { purpose: 'product' }), alt: name })
  await keeper.post('/shop/shipping', { name: 'Post', usual: true, zones: [{ regions: [], first: cny(600), next: cny(200), free_from: cny(20_000), earliest_days: 2, latest_days: 4 }], not_sent: [] })
  const sku = (values, amount) => ({ values, price: cny(amount), list: cny(amount + 3000) })
  const made = await keeper.post('/products', {
    title: `${name} 真丝围巾`,
    body: '手工卷边。',
    category: 'fashion',
    facts: [{ name: '材质', value: '桑蚕丝' }, { name: '产地', value: '杭州' }, { name: '质检报告', value: 'GB/T 15551-2016 合格' }],
    options: [{ name: '颜色', values: ['月白', '靛蓝'] }, { name: '尺寸', values: ['S', 'M'] }],
    pictures,
    skus: [sku(['月白', 'S'], 9900), sku(['月白', 'M'], 12_900), sku(['靛蓝', 'S'], 9900)],
    commission: 500,
  })
  const [plain, large, blue] = made.skus
  for (const [k, by] of [[plain, 40], [large, 12]]) await keeper.post(`/skus/${k.id}/stock`, { by, reason: 'delivery' })
  await keeper.post(`/products/${made.id}/list`)
  return { keeper, shop, product: made, plain, large, blue }
}

/** What lowers a stall's prices: a coupon, a campaign, a team, a bargain, a flash sale. */
export async function promoted(s) {
  const { keeper } = s
  const coupon = await keeper.post('/shop/coupon-batches', { scope: 'merchant', name: '新店券', tiers: [{ over: cny(8000), off: cny(1000) }], total: 100, per_person: 1, claim_until: soon(48), valid_days: 7 })
  await keeper.post(`/shop/coupon-batches/${coupon.id}/start`)
  const group = await keeper.post('/shop/groupbuys', { name: '三人团', sku: s.plain.id, price: cny(7900), seats: 3, hours: 24, limit: 2, units: 30, start_at: soon(-1), end_at: soon(72) })
  await keeper.post(`/shop/groupbuys/${group.id}/start`)
  const flash = await keeper.post('/shop/flash-sales', { name: '晚八点', start: soon(-1), end: soon(5), items: [{ sku: s.large.id, price: cny(9900), n: 10, limit: 2 }] })
  await keeper.post(`/shop/flash-sales/${flash.id}/start`)
  const bargain = await keeper.post('/shop/bargains', { name: '砍到底', sku: s.plain.id, start: cny(9900), floor: cny(4900), cuts: 8, new_cuts: 0, hours: 24, stock: 5, start_at: soon(-1), end_at: soon(72), at_floor: false })
  await keeper.post(`/shop/bargains/${bargain.id}/start`)
  return { coupon, group, flash, bargain }
}

const sheetHasFocus = (page) => page.evaluate(() => [...document.querySelectorAll('dialog.sheet')].at(-1)?.contains(document.activeElement) ?? false)

async function payAtCashier(page, press, { refuse = false, code = false } = {}) {
  const [cashier] = await Promise.all([page.context().waitForEvent('page'), press()])
  await cashier.waitForURL('**/sandbox/pay/**')
  if (code) {
    await cashier.locator('#mode').selectOption('challenge')
    await cashier.locator('button.pay').click()
    await cashier.locator('#code').fill((await cashier.locator('label[for=code]').innerText()).match(/\d{4,}/)[0])
  }
  await cashier.locator(refuse ? 'form[action$=decline] button' : 'button.pay').click()
  await cashier.locator(refuse ? '.no' : '.yes').waitFor()
  await cashier.close()
  await page.bringToFront()
}

/** A product's page and its sheet: prices, promises, a keyboard's way through. SURF-P1, P2, P3, P4, P5, P8. */
export async function productStory(t, browser, base, { width = 390, locale = 'zh-CN', scheme = 'light' } = {}) {
  const s = await stall(browser, base, `柔坊 ${width}`)
  await promoted(s)
  const buyer = await new Person(base).signUp('Buyer', locale)
  const who = await visitor(browser, base, { width, locale, scheme, name: `product-${width}-${locale}` })
  t.after(() => who.context.close())
  await buyer.at(who.context)
  const { page } = who
  const found = []
  const look = async (screen) => found.push(...(await who.look(screen)), ...(await rawKeys(page)).map((k) => `${screen}: raw key ${k}`))
  const glance = async (screen) => found.push(...(await who.glance(screen)), ...(await rawKeys(page)).map((k) => `${screen}: raw key ${k}`))

  await page.goto(`${base}/product/${s.product.id}`)
  await page.locator('.promises li').nth(2).waitFor()
  await page.locator('.teams').waitFor()
  await page.locator('.flash').waitFor()
  await page.waitForLoadState('networkidle')
  await look('product')
  const fold = await page.evaluate(() => Math.round(document.querySelector('.promises').getBoundingClientRect().bottom))
  assert.ok(fold <= (width < 600 ? 844 : 900), `the promises end at ${fold}`)
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways')

  // A coupon is claimed here, and the price says how it is made up.
  await page.locator('.strip-head').click()
  await page.locator('.strip .coupon', { hasText: '新店券' }).locator('.btn').click()
  await page.locator('.strip .coupon-why-not').waitFor()
  await page.locator('.made-head').click()
  await page.locator('.made .sums .off').first().waitFor()
  await glance('coupon')

  // The sheet by keyboard: nothing chosen, what cannot be, a price that follows.
  await page.locator('.product-buy .btn-accent').focus()
  await page.keyboard.press('Enter')
  await page.locator('.choice-head').waitFor()
  await glance('sheet')
  await tabTo(page, '.product-buttons .btn-accent')
  await page.keyboard.press('Enter')
  await page.locator('.choice-selected.bad').waitFor()
  await tabTo(page, '.sku-option:first-of-type [role=radio], .sku-values [role=radio]')
  await page.keyboard.press('Enter')
  await page.keyboard.press('ArrowRight')
  const blue = page.locator('[role=radio]', { hasText: '靛蓝' })
  assert.equal(await blue.getAttribute('aria-checked'), 'true')
  assert.match(await blue.getAttribute('class'), /sold-out/)
  const never = page.locator('[role=radio]', { hasText: /^\s*M\s*$/ })
  assert.equal(await never.getAttribute('aria-disabled'), 'true', 'a combination that cannot be is said before it is tapped')
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.locator('.ways').waitFor()
  assert.ok(await sheetHasFocus(page), 'the focus stays in the sheet')
  await page.locator('.made').last().waitFor()
  await look('sheet-chosen')
  await page.keyboard.press('Escape')
  await page.locator('.choice-head').waitFor({ state: 'detached' })
  assert.ok(await page.evaluate(() => document.activeElement?.closest('.product-buy') !== null), 'the focus goes back to where it came from')

  assert.deepEqual(found, [], 'axe and messages')
  assert.deepEqual(who.complaints, [], 'console and network')
}

/** A cart of two shops that survives sign-in, and one order for both, paid after a refusal. SURF-C1 to C6. */
export async function cartStory(t, browser, base, { width = 390, locale = 'zh-CN', scheme = 'light' } = {}) {
  const one = await stall(browser, base, `云裳 ${width}`)
  const two = await stall(browser, base, `素织 ${width}`)
  await promoted(one)
  const buyer = await new Person(base).signUp('Buyer', locale)
  await buyer.post('/promo/coupons', { batch: (await buyer.get(`/promo/coupon-offers?product=${one.product.id}`)).items[0].batch })
  const who = await visitor(browser, base, { width, locale, scheme, name: `cart-${width}-${locale}` })
  t.after(() => who.context.close())
  const { page } = who
  const found = []
  const look = async (screen) => found.push(...(await who.look(screen)), ...(await rawKeys(page)).map((k) => `${screen}: raw key ${k}`))
  const glance = async (screen) => found.push(...(await who.glance(screen)), ...(await rawKeys(page)).map((k) => `${screen}: raw key ${k}`))

  // A visitor gathers at two shops.
  for (const s of [one, two]) {
    await page.goto(`${base}/product/${s.product.id}`)
    await page.locator('.product-buy .btn:not(:disabled)').first().click()
    await page.locator('.choice-head').waitFor()
    for (const value of ['月白', 'S']) await page.locator('[role=radio]', { hasText: new RegExp(`^\\s*${value}\\s*$`) }).click()
    await page.locator('.product-buttons .btn').first().click()
    await page.locator('.toast, .toasts').first().waitFor()
    await page.locator('.choice-head').waitFor({ state: 'detached' })
  }
  await page.goto(`${base}/cart`)
  await page.locator('.cart-shop').nth(1).waitFor()
  await glance('cart-visitor')

  // Signed in, it is the same cart; what is best is chosen.
  await buyer.at(who.context)
  await page.goto(`${base}/cart`)
  await page.locator('.cart-shop').nth(1).waitFor()
  await page.locator('.sums .off').first().waitFor()
  assert.equal((await buyer.get('/cart')).count, 2)
  await look('cart')

  // Taken out and put back; a price and a stock that changed are said.
  await page.locator('.cart-remove').first().click()
  await page.locator('.cart-shop').nth(1).waitFor({ state: 'detached' })
  await page.locator('.toasts button, .toast button').first().click()
  await page.locator('.cart-shop').nth(1).waitFor()
  const { title, body, category, facts, options, commission, pictures, skus } = await two.keeper.get(`/products/${two.product.id}`)
  await two.keeper.put(`/products/${two.product.id}`, { title, body, category, facts, options, commission, pictures: pictures.map(({ id, alt }) => ({ id, alt })), skus: skus.map((k) => ({ values: k.values, price: k.id === two.plain.id ? cny(9400) : k.price, list: k.list })) })
  await page.reload()
  await page.locator('.cart-flags .chip-good').waitFor()
  await glance('cart-changed')

  // One page: an address that was pasted, errors beside their fields.
  await page.locator('.cart-foot .btn-accent:not(:disabled)').click()
  await page.waitForURL('**/checkout')
  await page.locator('.address-form').waitFor()
  assert.ok((await page.locator('.address-form :is(input, textarea, select):visible').count()) <= 8, 'at most eight fields')
  await page.locator('.address-form [name=name]').fill(home.name)
  await page.locator('.address-form button[type=submit]').click()
  assert.equal(await page.evaluate(() => document.activeElement.name), 'phone', 'the first error has the focus')
  assert.equal(await page.locator('.address-form [name=name]').inputValue(), home.name)
  await look('address')
  await page.locator('.address-paste').click()
  await page.locator('.address-pasted textarea').fill(pasted)
  await page.locator('.address-pasted .btn-accent').click()
  for (const [field, value] of Object.entries(home)) assert.equal(await page.locator(`.address-form [name=${field}]`).inputValue(), value)
  await page.locator('.address-form button[type=submit]').click()
  await page.locator('.address-chosen').waitFor()
  await page.locator('.checkout-foot .btn:not(:disabled)').waitFor()
  assert.equal(await page.locator('.part-shop').count(), 2, 'a part for each shop')
  await look('checkout')

  // Two clicks are one order; the bank refuses, then asks for a code.
  await payAtCashier(page, () => page.locator('.checkout-foot .btn').dblclick(), { refuse: true })
  await page.waitForURL('**/pay/**')
  await page.locator('.pay-icon.bad').waitFor()
  await glance('failed')
  const orders = await buyer.get('/orders')
  assert.equal(orders.items.length, 1, 'one order')
  assert.equal(orders.items[0].parts.length, 2)
  await page.reload()
  await page.locator('.pay .btn-accent').first().waitFor()
  await payAtCashier(page, () => page.locator('.pay .btn-accent').first().click(), { code: true })
  await page.locator('.pay-icon.good').waitFor({ timeout: 30_000 })
  await page.locator('.paid-next').waitFor()
  await look('paid')
  await until('the cart is empty', async () => (await buyer.get('/cart')).count === 0, 15_000)

  assert.deepEqual(found, [], 'axe and messages')
  // A visitor is nobody yet, and browsers say so.
  assert.deepEqual(who.complaints.filter((c) => !/status of 401/.test(c)), [], 'console and network')
}

/** A checkout that is left and opened again finds its order, and does not make another. SURF-C4, C6. */
export async function onceStory(t, browser, base, { width = 1440, locale = 'en', scheme = 'dark' } = {}) {
  const s = await stall(browser, base, `Once ${width}`)
  const buyer = await new Person(base).signUp('Buyer', locale)
  await buyer.post('/account/addresses', { ...home, default: true })
  const who = await visitor(browser, base, { width, locale, scheme, name: `once-${width}` })
  t.after(() => who.context.close())
  await buyer.at(who.context)
  const { page } = who
  const found = []
  const look = async (screen) => found.push(...(await who.look(screen)), ...(await rawKeys(page)).map((k) => `${screen}: raw key ${k}`))
  const glance = async (screen) => found.push(...(await who.glance(screen)), ...(await rawKeys(page)).map((k) => `${screen}: raw key ${k}`))
  const path = `${base}/checkout?sku=${s.plain.id}&n=2`

  // Two tabs of the same checkout.
  const other = await who.context.newPage()
  for (const p of [page, other]) {
    await p.goto(path)
    await p.locator('.checkout-foot .btn:not(:disabled)').waitFor()
  }
  await Promise.all([page, other].map((p) => p.locator('.checkout-foot .btn').click()))
  for (const p of [page, other]) await p.waitForURL('**/pay/**')
  assert.equal((await buyer.get('/orders')).items.length, 1, 'two tabs are one order')
  for (const p of who.context.pages()) if (p !== page) await p.close()

  // Opened again, it offers the order that waits.
  await page.goto(path)
  await page.locator('.waiting-order').waitFor()
  await look('waiting')
  await page.locator('.waiting-order .btn-accent').click()
  await page.waitForURL('**/pay/**')
  await page.locator('.pay [role=timer]').waitFor()
  await glance('pending')

  // Cancelled elsewhere, it is closed here.
  const [{ id }] = (await buyer.get('/orders')).items
  await buyer.post(`/orders/${id}/cancel`)
  await page.reload()
  await page.locator('.pay-title').waitFor()
  await glance('closed')
  await page.goto(`${base}/cart`)
  await page.locator('.state').waitFor()
  await look('empty')

  assert.deepEqual(found, [], 'axe and messages')
  assert.deepEqual(who.complaints, [], 'console and network')
}

const desk = { width: 1440, locale: 'en', scheme: 'dark' }
export const buyStories = {
  'a product says its price, its promises and what cannot be had': (t, browser, base) => productStory(t, browser, base),
  'a cart of two shops becomes one order, paid at the second try': (t, browser, base) => cartStory(t, browser, base, desk),
  ...(process.env.MEADOW_E2E_ALL
    ? {
        'a product on a desk, in the dark, in English': (t, browser, base) => productStory(t, browser, base, desk),
        'a cart of two shops on a phone': (t, browser, base) => cartStory(t, browser, base),
      }
    : {}),
  'a checkout that is left finds its order again': (t, browser, base) => onceStory(t, browser, base),
}
