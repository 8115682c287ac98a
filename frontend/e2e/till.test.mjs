// The stories of campaigns and money, by themselves.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { launch } from './browser.mjs'
import { openShop } from './shop.mjs'
import { campaignFormsStory, campaignStory, commissionStory } from './till.mjs'

let browser
let data = ''
let shop
before(async () => {
  browser = await launch()
  data = await mkdtemp(join(tmpdir(), 'meadow-till-'))
})
after(async () => {
  await browser?.close()
  await shop?.close()
  await rm(data, { recursive: true, force: true })
})
/** The same shop, on the same address, with its clock that many hours ahead. */
async function open(hours) {
  shop = await openShop({ demo: false, data, at: shop?.base ?? '', args: hours ? ['-ahead', String(hours)] : [] })
  return shop
}

test('a campaign reaches a quote', { timeout: 120_000 }, async (t) => campaignStory(t, browser, (await open(0)).base))
test('every form of a campaign, on a phone', { timeout: 120_000 }, async (t) => campaignFormsStory(t, browser, shop.base))
test('commission is held, earned and paid', { timeout: 240_000 }, async (t) => {
  await shop?.close()
  await commissionStory(t, browser, open)
})
