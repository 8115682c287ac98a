// What comes between a wish and a parcel, and after it: buying, promotions,
// after-sale, the merchant's console and the operators' money desk.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { afterStory, returnStory } from './after.mjs'
import { Person } from './api.mjs'
import { launch } from './browser.mjs'
import { buyStories } from './buy.mjs'
import { merchantStories } from './merchant.mjs'
import { bargainStory, couponStory, groupBuyStory, packetStory } from './promo.mjs'
import { openShop } from './shop.mjs'
import { campaignFormsStory, campaignStory, commissionStory, moneyDeskStory } from './till.mjs'

let browser
let shop
/** What an operator's browser keeps, once they have entered. */
let desk = []
let office
before(async () => {
  shop = await openShop()
  browser = await launch()
  if (!shop.operator) return
  office = await new Person(shop.base).enter(shop.operator)
  const context = await browser.newContext()
  await office.at(context)
  desk = await context.cookies()
  await context.close()
})
after(async () => {
  await browser?.close()
  await shop?.close()
})

const phone = { width: 390, locale: 'zh-CN', scheme: 'light' }
const desktop = { width: 1440, locale: 'en', scheme: 'dark' }
// In make test each story is told on one kind of screen; all of them in test-long.
const all = Boolean(process.env.MEADOW_E2E_ALL)
const told = (name, screens, story) => {
  for (const screen of all ? [phone, desktop] : screens) test(`${name}, at ${screen.width} px in ${screen.locale}`, { timeout: 240_000 }, (t) => story(t, screen))
}

for (const [name, story] of Object.entries(buyStories)) test(name, { timeout: 180_000 }, (t) => story(t, browser, shop.base))
told('three people buy together', [phone], (t, screen) => groupBuyStory(t, browser, shop.base, screen))
told('friends cut a price', [desktop], (t, screen) => bargainStory(t, browser, shop.base, screen))
told('a coupon is claimed and used', [phone], (t, screen) => couponStory(t, browser, shop.base, screen))
told('a red packet is opened once', [phone], (t, screen) => (office ? packetStory(t, browser, shop.base, screen, office) : t.skip('nobody can enter as an operator')))
told('one line of an order goes back', [phone], (t, screen) => afterStory(t, browser, shop.base, screen))
told('what is returned is paid back', [desktop], (t, screen) => returnStory(t, browser, shop.base, screen))
for (const [name, story] of Object.entries(merchantStories)) test(name, { timeout: 180_000 }, (t) => story(t, browser, shop.base))
test('a campaign reaches a quote', { timeout: 120_000 }, (t) => campaignStory(t, browser, shop.base))
if (all) test('every form of a campaign, on a phone', { timeout: 120_000 }, (t) => campaignFormsStory(t, browser, shop.base))
test('the operators see every payment and entry', { timeout: 120_000 }, (t) => moneyDeskStory(t, browser, shop.base, desk))

/** A shop of its own, whose clock a story moves on. */
async function moving(t) {
  const data = await mkdtemp(join(tmpdir(), 'meadow-days-'))
  let open
  t.after(async () => {
    await open?.close()
    await rm(data, { recursive: true, force: true })
  })
  return async (hours) => {
    await open?.close()
    open = await openShop({ demo: false, data, at: open?.base ?? '', args: hours ? ['-ahead', String(hours)] : [] })
    return open
  }
}
// It starts three servers and waits for what runs every half minute.
if (all) test('commission is held, earned and paid', { timeout: 240_000, skip: process.env.MEADOW_URL && 'needs a server to start' }, async (t) => commissionStory(t, browser, await moving(t)))
