// A push in a real browser: what the shop sends is shown as it is, whatever it
// says, and a message that is not the shop's shows something harmless.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Person, until } from './api.mjs'
import { launch, visitor } from './browser.mjs'
import { openShop } from './shop.mjs'

let browser
let shop
before(async () => {
  shop = await openShop({ demo: false })
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await shop?.close()
})

const evil = '<img data-evil src=x onerror=alert(1)>'

test('a push is shown by the worker', { timeout: 60_000 }, async (t) => {
  const { base } = shop
  const who = await visitor(browser, base, { width: 1440, locale: 'en', name: 'push' })
  t.after(() => who.context.close())
  await (await new Person(base).signUp('Han')).at(who.context)
  await who.context.grantPermissions(['notifications'], { origin: base })
  const { page } = who
  await page.goto(`${base}/notices/settings`)
  await page.locator('main').first().waitFor()
  const cdp = await who.context.newCDPSession(page)
  const registrations = new Map()
  cdp.on('ServiceWorker.workerRegistrationUpdated', (e) => e.registrations.forEach((r) => registrations.set(r.scopeURL, r.registrationId)))
  await cdp.send('ServiceWorker.enable')
  await page.evaluate(async () => {
    const policy = globalThis.trustedTypes.createPolicy('meadow-worker', { createScriptURL: () => '/sw.js' })
    await navigator.serviceWorker.register(policy.createScriptURL('/sw.js'), { scope: '/' })
    await navigator.serviceWorker.ready
  })
  const registrationId = await until('the worker is registered', () => registrations.get(`${base}/`))
  const worker = await until('the worker runs', () => who.context.serviceWorkers()[0])
  await worker.evaluate(() => {
    const show = self.registration.showNotification.bind(self.registration)
    self.ended = 0
    self.registration.showNotification = (...what) => show(...what).finally(() => self.ended++)
  })
  const shown = () => page.evaluate(async () => {
    const worker = await navigator.serviceWorker.getRegistration('/')
    return (await worker.getNotifications()).map((n) => ({ title: n.title, body: n.body, tag: n.tag, url: n.data?.url }))
  })
  // To look while a notification is being shown takes it away: Chromium lists
  // what its screen has, and then forgets what it has only on record. So nobody
  // looks before the worker says that it has shown it.
  let sending = 0
  const push = async (data, tag) => {
    sending++
    await cdp.send('ServiceWorker.deliverPushMessage', { origin: base, registrationId, data })
    await until(`the worker has shown: ${data}`, () => worker.evaluate((n) => self.ended === n, sending))
    return (await shown()).find((n) => n.tag === tag)
  }
  const sent = { title: 'Han asks you', body: evil, tag: 'comment.1', url: '/p/pst_1' }
  assert.deepEqual(await push(JSON.stringify(sent), sent.tag), sent)
  const later = { ...sent, body: 'and once more' }
  assert.deepEqual(await push(JSON.stringify(later), sent.tag), later)
  assert.equal((await shown()).length, 1, 'the later one takes its place')
  assert.deepEqual(await push('not ours', ''), { title: 'Meadow', body: '', tag: '', url: '/notices' })
  assert.deepEqual(who.complaints, [])
})
