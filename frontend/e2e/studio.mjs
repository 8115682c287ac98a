// A stranger becomes a creator with a shop, lists a product and publishes a
// post that sells it; the post is in the feed, labelled and priced.
import assert from 'node:assert/strict'
import { rawKeys, visitor } from './browser.mjs'

/** Pictures as people upload them, drawn by the browser. */
async function drawn(browser, n) {
  const page = await browser.newPage({ viewport: { width: 900, height: 1200 } })
  const out = []
  for (let i = 0; i < n; i++) {
    await page.setContent(`<body style="margin:0;height:100vh;background:linear-gradient(${i * 60}deg,hsl(${i * 70} 60% 80%),hsl(${i * 70 + 50} 50% 50%))">`)
    out.push({ name: `picture-${i}.png`, mimeType: 'image/png', buffer: await page.screenshot() })
  }
  await page.close()
  return out
}

export async function studioStory(t, browser, base) {
  const who = await visitor(browser, base, { width: 1440, locale: 'en', name: 'studio' })
  t.after(() => who.context.close())
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
  await page.locator('input[type=file]').setInputFiles(pictures.slice(0, 2))
  await page.getByLabel('Name 1').fill('Origin')
  await page.getByLabel('Value 1').fill('Grasse, France')
  await page.getByRole('button', { name: 'Add an option' }).click()
  await page.getByLabel('Option', { exact: true }).fill('Size')
  await page.getByLabel('Values').fill('S, L')
  await page.getByLabel('Values').blur()
  for (const [i, price] of ['12.50', '19'].entries()) await page.locator('.table tbody tr').nth(i).locator('input').first().fill(price)
  await page.locator('.picker-item.ready').nth(1).waitFor()
  await look('product')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.locator('.adjust').nth(1).waitFor()
  await page.locator('.adjust').first().locator('input').first().fill('20')
  await page.locator('.adjust').first().locator('button').click()
  await page.locator('.table tbody tr').first().locator('td').nth(1).filter({ hasText: /^20$/ }).waitFor()
  await page.getByRole('button', { name: 'Put on sale' }).click()
  await page.locator('.studio-head .chip-good').waitFor()
  await look('product-on-sale')

  await page.getByRole('link', { name: 'Publish' }).click()
  await page.locator('input[type=file]').setInputFiles(pictures)
  await page.locator('.picker-item.ready').nth(2).waitFor()
  await page.getByRole('button', { name: 'Tag a product' }).click()
  await page.locator('.pick-row', { hasText: 'Rose soap' }).first().click()
  await page.locator('.board-spot').focus()
  await page.keyboard.press('Shift+ArrowRight')
  assert.match(await page.locator('.board-spot').getAttribute('aria-label'), /55 % from the left/)
  const ad = page.getByRole('switch')
  assert.ok((await ad.isChecked()) && (await ad.isDisabled()), 'a post that sells carries the Ad label')
  await page.getByLabel('Title').fill(title)
  await look('publish')
  await page.locator('.publish-side .btn').click()
  await page.waitForURL('**/studio/posts')
  await page.locator('.row-title', { hasText: title }).waitFor()
  await look('posts')
  for (const path of ['earnings', 'products', 'sales']) {
    await page.goto(`${base}/studio/${path}`)
    await page.locator('h1').waitFor()
    await page.waitForLoadState('networkidle')
    await look(path)
  }

  await page.goto(base)
  const card = page.locator('.card', { hasText: title })
  await card.waitFor()
  assert.equal(await card.locator('.card-ad').innerText(), 'Ad')
  assert.match(await card.locator('.card-price').innerText(), /12\.50/)
  assert.deepEqual(found, [], 'axe and messages')
  assert.deepEqual(who.complaints, [], 'console and network')
}
