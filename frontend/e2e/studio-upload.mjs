// A large video: cut off in the middle, the page loaded again, gone on with, and
// seen by a follower a moment after it is published.
import assert from 'node:assert/strict'
import { call, films, person } from './studio-people.mjs'

const size = 200 << 20

/** Slows the page's way out, so that there is a middle. */
async function slow(page, perSecond) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Network.enable')
  const set = (offline, upload) => cdp.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput: upload })
  await set(false, perSecond)
  return { cut: () => set(true, perSecond), mend: (upload = -1) => set(false, upload) }
}

const percent = async (page) => Number(await page.locator('.file-line [role=progressbar]').getAttribute('aria-valuenow'))
const until = (page, at) => page.waitForFunction((n) => Number(document.querySelector('.file-line [role=progressbar]')?.getAttribute('aria-valuenow')) >= n, at, { timeout: 120_000 })

export async function uploadStory(t, browser, base) {
  const film = await films()
  t.after(() => film.close())
  const who = await person(browser, base, { name: 'Filmer', creator: true, as: 'upload' })
  t.after(() => who.context.close())
  const fan = await person(browser, base, { name: 'Fan', as: 'fan', width: 390 })
  t.after(() => fan.context.close())
  await call(fan.page, 'PUT', `/creators/${who.id}/follow`)
  const { page } = who
  const title = `Six seconds of colour ${Date.now()}`
  const large = await film.padded('large.mp4', size)

  await page.goto(`${base}/studio/publish`)
  await page.locator('.kinds label').nth(1).click()
  await page.locator('.picker-add.big').waitFor()
  const net = await slow(page, 6 << 20)
  await page.locator('.picker-add input').setInputFiles(large)
  await page.locator('.file-line.uploading').waitFor()
  await until(page, 12)
  await page.locator('.file-say', { hasText: /Uploading \d+ % · .+\/s · .+ left/ }).waitFor()
  assert.deepEqual(await page.evaluate(() => [!dispatchEvent(new Event('beforeunload', { cancelable: true })), document.querySelector('.file-line')?.className]), [true, 'file-line uploading'], 'leaving warns while bytes move')
  who.found.push(...(await who.look('uploading')))

  // Paused, and gone on with.
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.locator('.file-line.paused').waitFor()
  assert.ok(await page.evaluate(() => dispatchEvent(new Event('beforeunload', { cancelable: true }))), 'leaving does not warn while nothing moves')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.locator('.file-line.uploading').waitFor()

  // The network goes, and the page is loaded again once it is back.
  await until(page, 30)
  await net.cut()
  await page.locator('.file-line.offline').waitFor({ timeout: 60_000 })
  who.found.push(...(await who.look('offline')))
  await net.mend(6 << 20)
  await page.locator('.file-line.uploading').waitFor({ timeout: 60_000 })
  const before = await percent(page)
  await net.cut()
  await page.locator('.file-line.offline').waitFor({ timeout: 60_000 })
  await net.mend()
  page.on('dialog', (d) => d.accept())
  await page.waitForURL('**/drafts/**')
  await page.reload()
  await page.locator('.file-line.missing').waitFor()
  await page.waitForFunction(() => /[1-9]\d? %/.test(document.querySelector('.file-say')?.textContent ?? ''))
  const kept = Number((await page.locator('.file-say').innerText()).match(/(\d+) %/)[1])
  assert.ok(kept >= Math.min(before, 20) - 10, `${kept} % are kept of ${before} %`)
  await who.see('reloaded', '.file-line')

  // Another file is refused; the same one goes on.
  await page.locator('.film .file-again input').setInputFiles(film.path('film.mp4'))
  await page.locator('.toast', { hasText: 'another file' }).waitFor()
  const sent = []
  page.on('request', (r) => {
    if (r.method() === 'PATCH') sent.push(Number(r.headers()['upload-offset']))
  })
  await page.locator('.film .file-again input').setInputFiles(large)
  await page.locator('.file-line.ready').waitFor({ timeout: 180_000 })
  assert.ok(sent[0] > size / 10, `it went on from ${sent[0]}`)
  await page.getByLabel('Title', { exact: true }).fill(title)
  await page.getByRole('button', { name: 'Choose from the video' }).click()
  await page.locator('.frame-stage video').waitFor()
  await page.getByRole('slider').fill('3')
  await who.see('frame', '.frame-stage')
  await page.getByRole('button', { name: 'Use this picture' }).click()
  await page.locator('.picker-item.ready').waitFor()
  await page.locator('.caption-row input[type=file]').first().setInputFiles({ name: 'zh.vtt', mimeType: 'text/vtt', buffer: Buffer.from('WEBVTT\n\n00:00.000 --> 00:02.000\n颜色\n') })
  await page.locator('.caption-row .file-line.ready').waitFor()
  await page.getByRole('button', { name: 'Add a chapter' }).click()
  await page.getByLabel('Title of chapter 1').fill('Colours')
  await who.see('film-ready', '.chapters')
  await page.locator('.publish-go').click()
  await page.waitForURL('**/studio/posts')
  const published = Date.now()
  await page.locator('.row-title', { hasText: title }).waitFor()

  // Its follower has it in the feed.
  for (;;) {
    const { items } = await call(fan.page, 'GET', '/feed/following?limit=5')
    if (items.some((c) => c.title === title)) break
    assert.ok(Date.now() - published < 20_000, 'a follower sees the post')
  }
  t.diagnostic(`in the follower's feed after ${Date.now() - published} ms`)
  const { items } = await call(page, 'GET', '/works')
  const post = await call(page, 'GET', `/posts/${items[0].id}`)
  assert.equal(post.kind, 'video')
  assert.equal(post.video.captions[0].lang, 'zh-CN')
  assert.equal(post.chapters[0].title, 'Colours')
  assert.deepEqual(who.found, [], 'axe and messages')
  assert.deepEqual(who.complaints.filter((c) => !/ERR_INTERNET_DISCONNECTED|ERR_ABORTED/.test(c)), [], 'console and network')
}
