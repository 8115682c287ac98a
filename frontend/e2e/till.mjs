// Campaigns and money: a shop's campaign reaches a quote, a creator's commission
// goes from held to earned to paid, and an operator lets the payout go.
import assert from 'node:assert/strict'
import { Person, until } from './api.mjs'
import { rawKeys, tabTo, visitor } from './browser.mjs'
import { drawn } from './made.mjs'

const home = { name: 'Han Meimei', phone: '+8613800138000', region: 'Zhejiang', city: 'Hangzhou', district: '', line: '8 Lakeside Road', postcode: '' }
const price = 12_800
// In make test what takes longest is looked at once; all of it in test-long.
const all = Boolean(process.env.MEADOW_E2E_ALL)

/** Somebody with an account at a screen, who knows their password. */
async function somebody(t, browser, base, { name, width = 1440, locale = 'en', scheme = 'light' }) {
  const who = await visitor(browser, base, { width, locale, scheme, name: `till-${name}` })
  t.after(() => who.context.close())
  const account = { login: `${crypto.randomUUID()}@example.com`, password: `horse-${crypto.randomUUID()}` }
  const { page } = who
  await page.goto(`${base}/sign-in`)
  await enter(page, 'sign-up', { ...account, name, locale })
  const found = []
  return {
    ...who, found, account,
    api: await new Person(base).as(await who.context.cookies()),
    /** Looks at a screen once it is ready; one that is more only where there is time. */
    async see(screen, ready, more = false) {
      await page.locator(ready).first().waitFor()
      if (more && !all) return
      await page.waitForLoadState('networkidle')
      found.push(...(await who.look(screen)), ...(await rawKeys(page)).map((k) => `${screen}: raw key ${k}`))
      found.push(...(await page.evaluate(() => document.body.innerText.match(/\b(till|table)\.[a-z]\w*\.[\w.]+/g) ?? [])).map((k) => `${screen}: raw key ${k}`))
      if (!(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))) found.push(`${screen}: scrolls sideways`)
    },
    sound() {
      assert.deepEqual(found, [], 'axe and messages')
      assert.deepEqual(who.complaints.filter((c) => !/status of 4\d\d/.test(c)), [], 'console and network')
    },
  }
}

/** Signs up or in from a page. */
const enter = (page, how, body) =>
  page.evaluate(async ([h, b]) => {
    const { token } = await (await fetch('/api/v1/csrf')).json()
    const answer = await fetch(`/api/v1/account/${h}`, { method: 'POST', headers: { 'X-Meadow-CSRF': token, 'Content-Type': 'application/json' }, body: JSON.stringify(b) })
    if (!answer.ok) throw new Error(`${h}: ${answer.status} ${await answer.text()}`)
  }, [how, body])

/** A listed product of a shop. */
async function sells(keeper, browser) {
  await keeper.merchant({ name: 'Kiln & Co', story: '' })
  const [picture] = await drawn(browser, 1)
  const upload = await keeper.upload(picture.buffer, { purpose: 'product' })
  const made = await keeper.post('/products', {
    title: 'Celadon cup', body: 'Thrown by hand.', category: 'home', facts: [{ name: 'Origin', value: 'Jingdezhen' }],
    pictures: [{ id: upload, alt: 'A cup' }], options: [], skus: [{ values: [], price: { amount: price, currency: 'CNY' } }], commission: 1500,
  })
  const product = await keeper.post(`/products/${made.id}/list`)
  await keeper.post(`/skus/${product.skus[0].id}/stock`, { by: 20, reason: 'received' })
  return { product, picture: picture.buffer }
}

const quoted = (p, sku, n) => p.post('/quotes', { lines: [{ sku, n }] })

/** A merchant drafts a full reduction, sees what it does to a price, starts and stops it; a buyer's quote follows (M5). */
export async function campaignStory(t, browser, base) {
  const m = await somebody(t, browser, base, { name: 'Wen' })
  const { page, api } = m
  const { product } = await sells(api, browser)
  const sku = product.skus[0].id
  const buyer = await new Person(base).signUp('Han')
  assert.equal((await quoted(buyer, sku, 2)).saved.amount, 0)

  await page.goto(`${base}/studio/campaigns`)
  await m.see('campaigns-empty', '.state', true)
  await page.goto(`${base}/studio/campaigns/reduction/new`)
  await page.getByRole('button', { name: 'Save draft' }).click()
  assert.ok(await page.getByLabel('Name', { exact: true }).evaluate((e) => e === document.activeElement), 'focus goes to the first field that is wrong')
  await page.keyboard.type('Spring pottery')
  await tabTo(page, '.tier input')
  await page.keyboard.type('200')
  await page.keyboard.press('Tab')
  await page.keyboard.type('90')
  await page.locator('.example[data-case=reached]').waitFor()
  const example = await page.locator('.example[data-case=reached]').innerText()
  assert.match(example, /200\.00/)
  assert.match(example, /90\.00/)
  await page.locator('.warnings li', { hasText: '45%' }).waitFor()
  await page.getByLabel('Budget').fill('1000')
  // It begins now, not at the next full hour.
  await page.getByLabel('Starts', { exact: true }).fill(await page.evaluate(() => {
    const d = new Date(Date.now() - 3_600_000)
    const two = (n) => String(n).padStart(2, '0')
    return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}:00`
  }))
  await m.see('campaign-new', '.example')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.waitForURL(/campaigns\/reduction\/(?!new)/)
  assert.equal((await quoted(buyer, sku, 2)).saved.amount, 0, 'a draft changes no price')
  const start = page.getByRole('button', { name: 'Ask for approval' })
  await page.locator('.accept').waitFor()
  assert.ok(await start.isDisabled(), 'warnings are read first')
  await page.locator('.accept input').press('Space')
  await start.click()
  // It takes 45% off: nobody starts that alone.
  await page.locator('h1 .chip', { hasText: 'Waits for approval' }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Approve and start' }).count(), 0, 'nobody approves their own')
  assert.equal((await quoted(buyer, sku, 2)).saved.amount, 0, 'what waits changes no price')
  await m.see('campaign-waits', '.note.warn')
  const helper = await new Person(base).signUp('Bo')
  const { id } = await api.post('/shop/staff', { user: helper.id, duties: ['campaigns'] })
  await helper.post(`/shop/staff/${id}/accept`, {})
  const second = await visitor(browser, base, { width: 1440, locale: 'en', name: 'till-second' })
  t.after(() => second.context.close())
  await helper.at(second.context)
  await second.page.goto(page.url())
  await second.page.locator('.accept input').press('Space')
  await second.page.getByRole('button', { name: 'Approve and start' }).click()
  await second.page.locator('h1 .chip-good').waitFor()
  await page.reload()
  await page.locator('h1 .chip-good').waitFor()
  await m.see('campaign-running', '.results', true)
  const quote = await quoted(buyer, sku, 2)
  assert.equal(quote.saved.amount, 9_000)
  assert.equal(quote.savings[0].name, 'Spring pottery')
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await page.locator('h1 .chip', { hasText: 'Stopped' }).waitFor()
  assert.equal((await quoted(buyer, sku, 2)).saved.amount, 0, 'what is stopped applies no more')
  await page.goto(`${base}/studio/campaigns`)
  await page.locator('.list tbody tr', { hasText: 'Spring pottery' }).waitFor()
  await m.see('campaigns', '.list', true)
  m.sound()
}

/** Every form of a campaign, on a phone, in Chinese and in the dark. */
export async function campaignFormsStory(t, browser, base) {
  const m = await somebody(t, browser, base, { name: 'Fang', width: 390, locale: 'zh-CN', scheme: 'dark' })
  await sells(m.api, browser)
  for (const type of ['reduction', 'coupon', 'flash', 'group', 'bargain', 'packet']) {
    await m.page.goto(`${base}/studio/campaigns/${type}/new`)
    await m.see(`form-${type}`, '.campaign-form input')
  }
  for (const path of ['money', 'money/moves', 'money/payouts', 'money/account']) {
    await m.page.goto(`${base}/studio/${path}`)
    await m.see(path.replace('/', '-'), '.purse')
  }
  m.sound()
}

const deskPaths = ['payouts', 'payments', 'differences', 'ledger', 'payees', 'disputes', 'campaigns', 'risks']

/** What an operator looks at: whole, or each screen at one of the sizes. */
export async function moneyDeskStory(t, browser, base, cookies) {
  if (!cookies.length) return t.skip('nobody can enter as an operator')
  for (const [i, [width, locale, scheme]] of [[1440, 'en', 'light'], [390, 'zh-CN', 'dark']].entries()) {
    const who = await visitor(browser, base, { width, locale, scheme, name: 'till-desk' })
    t.after(() => who.context.close())
    await who.context.addCookies(cookies)
    const found = []
    for (const path of deskPaths.filter((_, n) => all || n % 4 === 2 * i + 1)) {
      await who.page.goto(`${base}/studio/desk/${path}`)
      await who.page.locator('.table-frame .list, .table-frame .state').first().waitFor()
      await who.page.waitForLoadState('networkidle')
      found.push(...(await who.look(path)), ...(await rawKeys(who.page)))
      if (!(await who.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))) found.push(`${path}: scrolls sideways`)
    }
    assert.deepEqual(found, [])
    assert.deepEqual(who.complaints, [])
  }
}

const pot = (page, name) => page.locator(`[data-pot=${name}]`).first().innerText()
const moved = (page, name) => page.waitForFunction((k) => /[1-9]/.test(document.querySelector(`[data-pot=${k}]`)?.textContent ?? ''), name, { timeout: 90_000 })

/**
 * A creator sees their commission held, then earned, then paid, as days go by:
 * open(hours) is the same shop with its clock that far ahead (-ahead).
 */
export async function commissionStory(t, browser, open) {
  let shop = await open(0)
  const { base } = shop
  const keeper = await new Person(base).signUp('Keeper')
  const { product, picture } = await sells(keeper, browser)
  const c = await somebody(t, browser, base, { name: 'Lin' })
  const { page } = c
  await c.api.creator()
  const upload = await c.api.upload(picture)
  const post = await until('a creator may sell', () => c.api.post('/posts', { title: 'A cup I keep', body: 'From the kiln.', topics: [], pictures: [{ id: upload, alt: 'A cup' }], tags: [{ product: product.id, picture: 0, x: 5000, y: 5000 }], lang: 'en', ad: true }).catch(() => null))
  const fan = await new Person(base).signUp('Han')
  const link = (await fan.get(`/posts/${post.id}`)).tags[0].link
  const address = await fan.post('/account/addresses', { ...home, default: true })
  const quote = await fan.post('/quotes', { lines: [{ sku: product.skus[0].id, n: 1, link }], address: address.id })
  const order = await fan.post('/orders', { quote: quote.id, address: address.id })
  const payment = await fan.post(`/orders/${order.id}/payments`, { provider: 'sandbox' })
  await fan.post(`/sandbox/bills/${payment.id}/settle`, { pay: true })
  const parcel = await until('the parcel is there', async () => (await keeper.get('/shop/parcels?state=waiting')).items[0])
  await keeper.post(`/shop/parcels/${parcel.id}/shipments`, { carrier: 'sandbox' })
  await fan.post(`/parcels/${parcel.id}/receive`)

  // Held, with where it comes from; and where to pay to, for whoever knows the password.
  await page.goto(`${base}/studio/earnings`)
  await moved(page, 'held')
  assert.match(await pot(page, 'held'), /19\.20/)
  await page.locator('.statement-line').first().click()
  await c.see('why', 'dialog .sum-rows')
  assert.match(await page.locator('dialog').innerText(), /15%/)
  await page.keyboard.press('Escape')
  await page.goto(`${base}/studio/earnings/account`)
  await page.getByLabel('Bank').fill('Bank of Example')
  await page.getByLabel('Account holder').fill('Lin')
  await page.getByLabel('Account number').fill('6222 0000 1111 2222')
  await page.getByLabel('Your password').fill('not mine')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('That is not your password').waitFor()
  await page.getByLabel('Your password').fill(c.account.password)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.locator('.note.warn', { hasText: '72 hours' }).waitFor()
  await c.see('cooling', '.note.warn', true)

  // Twenty days later it is theirs, and they ask for it.
  await shop.close()
  shop = await open(20 * 24)
  await page.goto(`${base}/sign-in`)
  await enter(page, 'sign-in', c.account)
  await page.goto(`${base}/studio/earnings`)
  await moved(page, 'earned')
  await c.see('earned', '.purse', true)
  await page.getByRole('button', { name: 'Ask for a payout' }).click()
  await page.getByLabel('Your password').fill(c.account.password)
  await c.see('ask', 'dialog form')
  await page.getByRole('button', { name: 'Ask for this payout' }).click()
  await moved(page, 'asked')

  // An operator lets it go; the bank has it.
  const desk = await visitor(browser, base, { width: 1440, locale: 'en', name: 'till-operator' })
  t.after(() => desk.context.close())
  const office = await new Person(base).enter(shop.operator)
  await office.at(desk.context)
  await desk.page.goto(`${base}/studio/desk/payouts`)
  const row = desk.page.locator('.list tbody tr').first()
  // In the language of their account.
  await row.getByRole('button', { name: /^(Approve|通过)$/ }).click()
  await row.getByRole('button', { name: /19\.20/ }).click()
  await row.waitFor({ state: 'detached' })
  assert.deepEqual(await desk.look('payouts'), [])
  await page.goto(`${base}/studio/earnings/payouts`)
  await until('the bank has it', async () => {
    await page.reload()
    await page.locator('.list tbody tr').first().waitFor()
    return page.locator('.list .chip-good').count()
  })
  await moved(page, 'paid')
  await c.see('paid', '.list', true)
  c.sound()
  if (all) await moneyDeskStory(t, browser, base, await desk.context.cookies())
  return shop
}
