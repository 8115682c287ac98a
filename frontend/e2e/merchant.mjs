// A merchant's console: goods come in from a file, are priced and put in order,
// sent in parts, and taken back; by mouse and by keys.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { Person, until } from './api.mjs'
import { rawKeys, tabTo, visitor } from './browser.mjs'
import { drawn } from './made.mjs'

const home = { name: 'Han Meimei', phone: '+8613800138000', region: 'Zhejiang', city: 'Hangzhou', district: '', line: '8 Lakeside Road', postcode: '' }

/** A merchant with a shop, at a screen. */
async function merchant(t, browser, base, { width = 1440, locale = 'en', scheme = 'light', name = 'merchant' } = {}) {
  const keeper = await new Person(base).signUp('Wen', locale)
  await keeper.merchant({ name: 'Riverside Pottery', story: '' })
  const who = await visitor(browser, base, { width, locale, scheme, name })
  t.after(() => who.context.close())
  await keeper.at(who.context)
  const found = []
  return {
    keeper, who, found, page: who.page,
    go: (path) => who.page.goto(`${base}/studio${path}`),
    /** Looks at a screen; one that is more only where there is time. */
    async look(screen, more = false) {
      if (more && !all) return
      found.push(...(await who.look(screen)), ...(await rawKeys(who.page)).map((k) => `${screen}: raw key ${k}`))
      found.push(...(await who.page.evaluate(() => document.body.innerText.match(/\b(shop|table)\.[a-z][\w]*\.?[\w.]*/g) ?? [])).filter((k) => /^(shop|table)\.[a-z]+(\.|$)/i.test(k)).map((k) => `${screen}: raw key ${k}`))
      if (!(await who.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))) found.push(`${screen}: scrolls sideways`)
    },
    sound() {
      assert.deepEqual(found, [], 'axe and messages')
      assert.deepEqual(who.complaints, [], 'console and network')
    },
  }
}

// In make test what takes longest is looked at once; all of it in test-long.
const all = Boolean(process.env.MEADOW_E2E_ALL)

const table = (lines) => ['product,title,category,facts,values,price,commission', ...lines].join('\n')
const row = (n, price) => `new-${n},${n % 2 ? 'Cup' : 'Bowl'} ${String(n).padStart(2, '0')},home,Origin=Jingdezhen,,${price},10`

/** Goods come in from a file, after a dry run that found what was wrong with it; the list shows, narrows, sorts and changes them (M1). */
export async function importStory(t, browser, base) {
  const m = await merchant(t, browser, base)
  const { page, keeper } = m
  const goods = [...Array(24).keys()].map((i) => row(i + 1, 10_000 - i * 100))
  await m.go('/products/import')
  const file = page.locator('.picker-add input')
  await file.setInputFiles({ name: 'cups.csv', mimeType: 'text/csv', buffer: Buffer.from(table([...goods.slice(0, 2), 'new-x,Broken,home,Origin=Here,,free,10'])) })
  await page.locator('.import-report tbody tr').first().waitFor()
  assert.match(await page.locator('.import-report tbody tr').first().innerText(), /^4\s/, 'the row that is wrong is named')
  assert.ok(await page.locator('.import-report .btn-accent').isDisabled(), 'nothing is imported with a problem')
  assert.equal((await keeper.get('/products?mine=true')).items.length, 0, 'a dry run writes nothing')
  await m.look('import-problems', true)
  await file.setInputFiles({ name: 'cups.csv', mimeType: 'text/csv', buffer: Buffer.from(table(goods)) })
  await page.locator('.import-report .btn-accent:not(:disabled)').waitFor()
  assert.equal((await keeper.get('/products?mine=true')).items.length, 0)
  await page.locator('.import-report .btn-accent').click()
  await page.getByRole('link', { name: 'Look at the products' }).click()

  // Pages by cursor, and a choice that lasts over them.
  const rows = page.locator('.list tbody tr')
  await rows.nth(19).waitFor()
  await rows.nth(0).getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Next' }).click()
  await page.waitForFunction(() => document.querySelectorAll('.list tbody tr').length === 4)
  assert.match(page.url(), /after=/)
  await page.locator('.bulk-bar', { hasText: '1 chosen · 1 on other pages' }).waitFor()
  await page.getByRole('button', { name: 'Choose all that match' }).click()
  await page.locator('.bulk-bar', { hasText: '24 chosen' }).waitFor()
  await m.look('products-chosen', true)
  await page.getByRole('button', { name: 'Change prices' }).click()
  await page.getByLabel('Percentage', { exact: true }).fill('-10')
  await page.locator('.note', { hasText: 'becomes' }).waitFor()
  await m.look('bulk-price')
  await page.locator('.el-dialog__footer .btn-accent').click()
  await page.locator('.toast', { hasText: '24 done' }).waitFor()
  assert.equal((await keeper.all('/products?mine=true')).find((p) => p.title === 'Cup 01').skus[0].price.amount, 9000)

  // Search, sort, filter and columns are in the URL; a view keeps them.
  await page.keyboard.press('Escape')
  await page.locator('.studio-head h1').click()
  await page.keyboard.press('/')
  await page.keyboard.type('bowl')
  await page.waitForFunction(() => document.querySelectorAll('.list tbody tr').length === 12)
  await page.getByRole('button', { name: 'Price', exact: true }).click()
  await page.waitForURL(/q=bowl.*sort=price/)
  await page.locator('.list th[aria-sort=ascending]').waitFor()
  assert.match(await rows.first().innerText(), /Bowl 24/)
  await page.locator('.table-filter select').first().selectOption('draft')
  await page.locator('.filter-chip', { hasText: 'Draft' }).waitFor()
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.locator('.menu-panel:visible').getByText('Commission').click()
  await page.locator('.list th', { hasText: 'Commission' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('button', { name: 'Save this view' }).click()
  await page.getByLabel('Name of the view').fill('Ones')
  await page.locator('.el-dialog__footer .btn-accent').click()
  const [file2] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()])
  assert.equal((await readFile(await file2.path(), 'utf8')).trim().split('\r\n').length, 13, 'the file has what is shown, on all pages')
  await page.reload()
  await page.locator('.view-chip.on', { hasText: 'Ones' }).waitFor()
  await page.locator('.list th', { hasText: 'Commission' }).waitFor() // a reload shows the same
  await page.getByRole('button', { name: 'All', exact: true }).click()
  await rows.nth(19).waitFor()
  await m.look('products')
  m.sound()
}

/** A product with options is written, priced at once, guarded, put in order by keys, counted and watched (M2, M4, M7). */
export async function editorStory(t, browser, base) {
  const m = await merchant(t, browser, base)
  const { page, keeper } = m
  const pictures = await drawn(browser, 2, 600, 600)
  await m.go('/products')
  await page.locator('.state').waitFor()
  await page.keyboard.press('Control+k')
  await page.locator('.command input').fill('new prod')
  await m.look('commands', true)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/products/new')
  await page.getByLabel('Title', { exact: true }).fill('Tea bowl')
  await page.getByLabel('Category', { exact: true }).selectOption('home')
  await page.getByRole('button', { name: 'Required: Origin' }).click()
  await page.keyboard.type('Longquan')
  await page.locator('.picker-add input').setInputFiles(pictures)
  await page.locator('.picker-item.ready').nth(1).waitFor()
  await page.getByRole('button', { name: 'Add an option' }).click()
  await page.getByLabel('Option', { exact: true }).fill('Glaze')
  await page.getByLabel('Values').fill('celadon, iron')
  await page.getByLabel('Values').press('Enter')
  await page.locator('.value-chip').nth(1).focus()
  await page.keyboard.press('Alt+ArrowLeft')
  await page.waitForFunction(() => document.querySelector('.matrix tbody tr')?.textContent.includes('iron'))
  await page.getByRole('checkbox', { name: 'Choose all variants' }).check()
  await page.getByLabel(/Set for the chosen: Price, CNY/).fill('128')
  await page.getByLabel(/Set for the chosen: Picture/).selectOption({ index: 2 })
  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  assert.match(await page.locator('.seo').innerText(), /Tea bowl/)
  await m.look('editor')
  await page.getByRole('link', { name: 'Stock', exact: true }).first().click()
  await page.getByRole('button', { name: 'Stay' }).click()
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.waitForURL(/products\/prd/)
  const id = page.url().split('/').at(-1)
  const made = await keeper.get(`/products/${id}`)
  assert.deepEqual(made.skus.map((s) => [s.values[0], s.price.amount, s.picture === made.pictures[1].id]), [['iron', 12_800, true], ['celadon', 12_800, true]])

  // Stock changes for a reason, in the editor and in its own list.
  await page.getByLabel('iron change by').fill('5')
  await page.getByRole('button', { name: 'Change the stock' }).click()
  await page.locator('.error-text', { hasText: 'why' }).waitFor()
  await page.getByLabel('Reason').fill('First firing')
  await page.getByRole('button', { name: 'Change the stock' }).click()
  await page.locator('.stock-edit tbody tr').first().filter({ hasText: '5' }).waitFor()
  await page.getByRole('button', { name: 'Put on sale' }).click()
  await page.locator('.studio-head .chip-good').waitFor()
  await m.go('/stock')
  await page.locator('.cells', { hasText: '5 on hand · 0 reserved · 5 available' }).waitFor()
  await m.look('stock')
  await page.locator('.list tbody tr').first().focus()
  await page.keyboard.press('Space')
  await page.getByRole('button', { name: 'Set the watch level' }).click()
  await page.getByRole('spinbutton').fill('8')
  await m.look('watch', true)
  await page.locator('.el-dialog__footer .btn-accent').click()
  await page.locator('.toast', { hasText: '1 done' }).waitFor()
  await page.getByRole('link', { name: 'Low', exact: true }).click()
  await page.waitForURL(/stock\/low/)
  await page.waitForFunction(() => document.querySelectorAll('.list tbody tr').length === 1) // the other page is gone
  await page.locator('.list tbody tr', { hasText: 'Tea bowl' }).waitFor()
  await m.look('low', true)
  await page.getByRole('link', { name: 'Changes' }).click()
  await page.locator('.list tbody tr', { hasText: 'First firing' }).waitFor()
  await m.look('changes', true)
  m.sound()
}

/** A buyer of this shop, with an order of three cups and a tray. */
async function sold(browser, base, keeper) {
  const [picture] = await drawn(browser, 1, 600, 600)
  const cover = await keeper.upload(picture.buffer, { purpose: 'product' })
  const skus = []
  for (const title of ['Celadon cup', 'Tea tray']) {
    const made = await keeper.post('/products', { title, body: '', category: 'home', facts: [{ name: 'Origin', value: 'Longquan' }], pictures: [{ id: cover, alt: title }], options: [], skus: [{ values: [], price: { amount: 9900, currency: 'CNY' } }], commission: 0 })
    await keeper.post(`/products/${made.id}/list`)
    await keeper.post(`/skus/${made.skus[0].id}/stock`, { by: 10, reason: 'delivery' })
    skus.push(made.skus[0].id)
  }
  const buyer = await new Person(base).signUp('Han')
  const address = (await buyer.post('/account/addresses', home)).id
  const quote = await buyer.post('/quotes', { lines: skus.map((sku, i) => ({ sku, n: i === 0 ? 3 : 1 })) })
  const order = await buyer.post('/orders', { quote: quote.id, address })
  const payment = await buyer.post(`/orders/${order.id}/payments`, { provider: 'sandbox' })
  await buyer.post(`/sandbox/bills/${payment.id}/settle`, { pay: true })
  await until('its parcel is made', async () => (await buyer.get(`/orders/${order.id}/parcels`)).items.length === 1)
  return { buyer, order, skus, picture }
}

/** An order is sent in two boxes and noted; then one line comes back, is inspected, and goes on sale again (M3). */
export async function shipStory(t, browser, base) {
  const m = await merchant(t, browser, base)
  const { page, keeper } = m
  const { buyer, order, skus, picture } = await sold(browser, base, keeper)
  await m.go('/orders')
  await page.locator('.list tbody tr').waitFor()
  await m.look('orders', true)
  // By keys: the row, then its page.
  await tabTo(page, '.list tbody tr')
  await page.keyboard.press('Enter')
  await page.locator('.ship-form').waitFor()
  await page.waitForLoadState('networkidle')
  await m.look('order')
  await page.getByRole('spinbutton', { name: 'Units of Celadon cup' }).fill('2')
  await page.getByRole('spinbutton', { name: 'Units of Tea tray' }).fill('0')
  await page.getByRole('spinbutton', { name: 'Units of Tea tray' }).blur()
  await page.getByLabel('Carrier').selectOption('other')
  await page.getByRole('button', { name: 'Send this part' }).click()
  await page.locator('.error-text', { hasText: 'tracking number' }).waitFor()
  await page.getByLabel('Tracking number').fill('SF123456789')
  await page.getByRole('button', { name: 'Send this part' }).click()
  await page.locator('.studio-head .chip', { hasText: 'Partly sent' }).waitFor()
  assert.deepEqual((await buyer.get(`/orders/${order.id}/parcels`)).items[0].lines.map((l) => l.sent), [2, 0])
  await page.getByRole('button', { name: 'Show the whole address' }).click()
  await page.locator('.order-address', { hasText: 'Lakeside' }).waitFor()
  await page.getByLabel("For the shop's own eyes.").fill('Wrap the tray twice')
  await page.getByRole('button', { name: 'Add the note' }).click()
  await page.locator('.log', { hasText: 'Wrap the tray twice' }).waitFor()
  await page.locator('.log', { hasText: 'The address was looked at' }).waitFor()
  await page.getByLabel('Carrier').selectOption('sandbox')
  await page.getByRole('button', { name: 'Send all that is left' }).click()
  await page.locator('.studio-head .chip', { hasText: /^Sent$/ }).waitFor()
  assert.equal(await page.locator('.boxes li').count(), 2)
  await page.evaluate(() => (window.print = () => (window.printed = true)))
  await page.getByRole('button', { name: 'Print slips' }).click()
  await page.waitForFunction(() => window.printed)
  assert.equal(await page.locator('.slip tbody tr').count(), 2)
  await page.evaluate(() => dispatchEvent(new Event('afterprint')))
  await m.look('order-sent', true)

  // One line of it comes back.
  const proof = await buyer.upload(picture.buffer, { purpose: 'post' })
  const asked = await buyer.post('/after-sales', { order: order.id, kind: 'return', units: [{ line: 0, n: 1 }], reason: 'damaged', text: 'A crack', evidence: [proof] })
  await m.go('/after-sales')
  await page.locator('.list tbody tr', { hasText: 'Waits for your answer' }).waitFor()
  await m.look('requests', true)
  await page.locator('.list tbody tr').first().focus()
  await page.keyboard.press('Enter')
  await page.locator('.evidence button').click()
  await m.look('evidence', true)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Agree' }).last().click()
  await page.locator('.studio-head .chip', { hasText: 'Comes back' }).waitFor()
  await buyer.post(`/after-sales/${asked.id}/shipment`, { carrier: 'other', tracking: 'R1' })
  const before = (await keeper.get(`/skus/${skus[0]}/stock`)).available
  await page.reload()
  await page.getByText('Put the units back on sale').waitFor()
  await m.look('inspect')
  await page.getByRole('button', { name: 'It is fine, go on' }).click()
  await until('the money is back', async () => (await buyer.get(`/after-sales/${asked.id}`)).state === 'done')
  const { agreed } = await buyer.get(`/after-sales/${asked.id}`)
  assert.ok(agreed.amount >= 9900, 'the price of one cup went back')
  await until('the cup is on sale again', async () => (await keeper.get(`/skus/${skus[0]}/stock`)).available === before + 1)
  m.sound()
}

/** A shop cancels what it cannot send, unasked: one unit of one line, and the money goes back (M3). */
export async function giveStory(t, browser, base) {
  const m = await merchant(t, browser, base, { width: 390, name: 'give' })
  const { page, keeper } = m
  const { buyer, order, skus } = await sold(browser, base, keeper)
  const before = (await keeper.get(`/skus/${skus[0]}/stock`)).available
  await m.go(`/orders/${(await keeper.get('/shop/parcels?state=waiting')).items[0].id}`)
  await page.getByRole('button', { name: 'Refund or cancel' }).click()
  await page.getByRole('button', { name: 'Give it back' }).click()
  await page.locator('dialog .error-text', { hasText: 'at least one' }).waitFor()
  await page.getByRole('spinbutton', { name: 'Units of Celadon cup to give back' }).fill('1')
  await page.getByRole('spinbutton', { name: 'Units of Celadon cup to give back' }).blur()
  await page.locator('dialog .el-checkbox').click()
  await page.getByLabel('To the buyer').fill('One broke on the shelf')
  await m.look('give')
  await page.getByRole('button', { name: 'Give it back' }).click()
  await page.getByRole('button', { name: 'Yes, pay 1 unit back' }).click()
  await page.locator('.order-lines .chip', { hasText: '1 went back' }).waitFor()
  const [made] = (await buyer.get(`/orders/${order.id}/after-sales`)).items
  assert.deepEqual([made.unasked, made.kind, made.state, made.agreed.amount], [true, 'cancel', 'done', 9900])
  await until('the cup is on sale again', async () => (await keeper.get(`/skus/${skus[0]}/stock`)).available === before + 1)
  await page.getByRole('link', { name: /Cancel/ }).click()
  await page.locator('.words', { hasText: 'One broke on the shelf' }).waitFor()
  m.sound()
}

/** Every screen of the console on a phone, in the other language and the dark; and what staff may not see. */
export async function consoleScreensStory(t, browser, base) {
  const m = await merchant(t, browser, base, { width: 390, locale: 'zh-CN', scheme: 'dark', name: 'console' })
  const { page, keeper } = m
  await sold(browser, base, keeper)
  await keeper.post('/shop/shipping', { name: '包邮', zones: [{ regions: [], first: { amount: 0, currency: 'CNY' }, next: { amount: 0, currency: 'CNY' }, earliest_days: 2, latest_days: 4 }] })
  await keeper.post('/shop/warehouses', { name: '杭州仓', region: '浙江省', near: ['上海市'] })
  const helper = await new Person(base).signUp('小助', 'zh-CN')
  const { id } = await keeper.post('/shop/staff', { user: helper.id, duties: ['stock'] })
  // The desk's stories look at what is left out.
  for (const path of ['/orders', '/after-sales', '/products', '/products/new', ...(all ? ['/products/import', '/stock', '/stock/low', '/stock/changes'] : []), '/shipping', ...(all ? ['/warehouses', '/shop-staff', '/ratings'] : [])]) {
    await m.go(path)
    await page.locator('.table-frame .list, .table-frame .state, .part').first().waitFor()
    await page.waitForLoadState('networkidle')
    await m.look(path.slice(1).replaceAll('/', '-'))
  }
  await m.go('/shipping')
  await page.locator('.list .btn').first().click()
  await page.locator('.zone').waitFor()
  await m.look('profile')

  // Somebody hired for stock alone joins, and is told what they may not do.
  const theirs = await visitor(browser, base, { width: 1440, locale: 'zh-CN', name: 'helper' })
  t.after(() => theirs.context.close())
  await helper.at(theirs.context)
  await theirs.page.goto(`${base}/studio/shop-staff`)
  await theirs.page.locator('.boxes .btn-accent').click()
  await until('they are on the staff', async () => (await helper.get('/me/shops')).items.some((s) => s.member === id && s.state === 'active'))
  await theirs.page.goto(`${base}/studio/stock`)
  await theirs.page.locator('.list tbody tr').first().waitFor()
  await theirs.page.goto(`${base}/studio/after-sales`)
  await theirs.page.locator('.state', { hasText: '你的职责不包括此项' }).waitFor()
  m.found.push(...(await theirs.look('denied')))
  m.sound()
}

export const merchantStories = {
  'goods come in from a file and are changed all at once': importStory,
  'a merchant writes, prices, counts and watches a product': editorStory,
  'an order is sent in parts, and one line of it comes back': shipStory,
  'a shop gives money back unasked': giveStory,
  ...(process.env.MEADOW_E2E_ALL ? { 'every screen of the console is sound, and staff see what is theirs': consoleScreensStory } : {}),
}
