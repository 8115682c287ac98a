// What people do with posts besides buying: they watch, read, talk, collect,
// share, keep others away, and hear of all that.
import assert from 'node:assert/strict'
import { rawKeys, tabTo, visitor } from './browser.mjs'
import { call, drawn, filmed, publish, send, signUp } from './made.mjs'

/** A post that sells something one can buy now. */
async function onSale(page) {
  return page.evaluate(async () => {
    const feed = await (await fetch('/api/v1/feed/newest?limit=50')).json()
    for (const card of feed.items.filter((c) => c.price)) {
      const post = await (await fetch(`/api/v1/posts/${card.id}`)).json()
      const tag = post.tags.find((t) => t.on_sale && t.available > 0)
      if (tag) return tag.product
    }
    return null
  })
}

/** An author with a post of each kind, and somebody who reads them. */
async function stage(t, browser, base, { width, locale, scheme, name }) {
  const author = await visitor(browser, base, { width: 1440, locale: 'en', name: `${name}-author` })
  const reader = await visitor(browser, base, { width, locale, scheme, name })
  t.after(async () => {
    await author.context.close()
    await reader.context.close()
  })
  const by = await signUp(author.page, base, `Lin ${name}`)
  await call(author.page, 'POST', '/account/creator', { accept_terms: true })
  const me = await signUp(reader.page, base, `Han ${name}`)
  const product = await onSale(author.page)
  assert.ok(product, 'the shop sells something')
  const pictures = []
  for (const p of await drawn(browser, 2)) pictures.push({ id: await send(author.page, base, p.buffer), alt: 'A hill' })
  // A role that was just given may need a moment to count everywhere.
  await author.page.waitForTimeout(4000)
  const tags = [{ product, picture: 0, x: 4000, y: 4000 }]
  const post = await publish(author.page, { title: `A morning ${crypto.randomUUID().slice(0, 8)}`, body: `With @${me.name} and #coffee`, mentions: [me.id], place: 'Hangzhou', pictures, tags, ad: true, paid_by: 'Ridge & Co', ai: true })
  const article = await publish(author.page, {
    kind: 'article', title: 'How I choose a stove', pictures: [pictures[0]], tags, ad: true,
    blocks: [{ kind: 'heading', text: 'What matters' }, { kind: 'text', text: 'Light <b>is</b> right.', marks: [{ from: 0, to: 5, style: 'bold' }] }, { kind: 'list', text: 'Weight\nWind' }, { kind: 'picture', picture: 0, text: 'Morning' }, { kind: 'product', product }],
  })
  return { author, reader, by, me, product, post, article }
}

export async function socialStory(t, browser, base, screen) {
  const { author, reader, by, me, product, post, article } = await stage(t, browser, base, screen)
  const { page } = reader
  const found = []
  const look = async (what, on = reader) => {
    found.push(...(await on.look(what)), ...(await rawKeys(on.page)).map((k) => `${what}: raw key ${k}`))
    if (!(await on.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))) found.push(`${what}: scrolls sideways`)
  }

  // Labels are on the card and on the post; people and topics are links.
  await page.goto(`${base}/u/${by.id}`)
  const card = page.locator(`.card[data-post="${post.id}"]`)
  await card.waitFor()
  assert.equal(await card.locator('.card-marks > *').count(), 2)
  await page.goto(`${base}/p/${post.id}`)
  await page.locator('.post-labels .chip').nth(2).waitFor()
  assert.match(await page.locator('.post-labels').innerText(), /Ridge & Co/)
  assert.equal(await page.locator(`.post-body a[href="/u/${me.id}"]`).innerText(), `@${me.name}`)
  assert.match(await page.locator('.post-body a[href^="/t/"]').innerText(), /#coffee/)
  await page.locator('.comment-none').waitFor()
  await look('post-labels')

  // A comment with a mention and a picture, by keys; it is there at once.
  await page.locator('.post-bar-say').click()
  const field = page.locator('.post-bar textarea')
  await field.pressSequentially('So fine @')
  await page.keyboard.insertText('Lin')
  await page.locator('.people [role=option]').first().waitFor()
  await look('mention')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  assert.match(await field.inputValue(), /^So fine @Lin.* $/)
  const [picture] = await drawn(browser, 1, 300, 300)
  await page.locator('.post-bar input[type=file]').setInputFiles(picture)
  await page.locator('.post-bar .shots img').waitFor()
  await field.focus()
  await page.keyboard.press('Enter')
  const mine = page.locator('.comments > li').filter({ hasText: 'So fine' })
  await mine.waitFor()
  await mine.locator('.comment:not(.sending)').first().waitFor()
  assert.equal(await mine.locator('.comment-pictures img').count(), 1)
  await page.reload()
  await mine.waitFor()

  // What the server refuses is taken back, and the words are kept.
  await page.route('**/comments', (r) => (r.request().method() === 'POST' ? r.fulfill({ status: 429, contentType: 'application/json', body: JSON.stringify({ error: { code: 'throttled', reason: 'comments_too_fast', message: 'slow' } }) }) : r.fallback()))
  await page.locator('.post-bar-say').click()
  await field.fill('Too soon')
  await page.keyboard.press('Enter')
  await page.locator('.toast').waitFor()
  await page.locator('.comment', { hasText: 'Too soon' }).waitFor({ state: 'detached' })
  assert.equal(await field.inputValue(), 'Too soon')
  await page.unroute('**/comments')
  await page.keyboard.press('Escape')
  const refused = reader.complaints.findIndex((c) => c.includes('429'))
  if (refused >= 0) reader.complaints.splice(refused, 1)

  // The author hears of it, follows the notice to the comment, pins and answers it.
  await author.page.goto(`${base}/notices`)
  const notice = author.page.locator(`a.notice[href^="/p/${post.id}?comment="]`).first()
  for (let i = 0; i < 40 && !(await notice.count()); i++) {
    await author.page.waitForTimeout(500)
    await author.page.reload()
    await author.page.locator('.notices-head').waitFor()
    await author.page.waitForLoadState('networkidle')
  }
  await look('notices', author)
  await notice.click()
  const there = author.page.locator('.comment.found')
  await there.waitFor()
  await there.getByRole('button', { name: 'Pin', exact: true }).click()
  await there.locator('.chip', { hasText: 'Pinned' }).waitFor()
  await there.getByRole('button', { name: 'Reply' }).click()
  const answer = author.page.locator('.replies textarea')
  await answer.fill('Thank you')
  await answer.press('Enter')
  await author.page.locator('.replies .comment:not(.sending)', { hasText: 'Thank you' }).waitFor()
  await author.page.goto(`${base}/notices`)
  await author.page.getByRole('button', { name: 'Mark all as read' }).click()
  await author.page.locator('.fresh').first().waitFor({ state: 'detached' })

  // The reader sees the answer, marked as the author's, and likes it.
  await page.goto(`${base}/p/${post.id}`)
  const reply = page.locator('.replies .comment', { hasText: 'Thank you' })
  await reply.waitFor()
  assert.equal(await reply.locator('.chip-accent').count(), 1)
  await reply.locator('.comment-like').click()
  await reply.locator('.comment-like.on').waitFor()
  await page.locator('.comments-head').scrollIntoViewIfNeeded()
  await look('comments')

  // Saved, and put into a collection made on the way.
  await page.locator('.post-bar-btn.save').click()
  await page.locator('.toast-action').click()
  await page.locator('.collect-row').first().click()
  await page.locator('.collection-form input').first().fill('Weekend')
  await look('new-collection')
  await page.locator('.collection-form button[type=submit]').click()
  await page.locator('.collect-row input:checked').waitFor()
  await look('collect')
  await page.locator('.collect-foot .btn-accent').click()
  await page.goto(`${base}/me/saved?tab=collections`)
  await page.locator('a.folder', { hasText: 'Weekend' }).click()
  await page.locator(`.card[data-post="${post.id}"]`).waitFor()
  await look('collection')

  // Shared: a link of one's own, and a poster that says what it shows.
  await page.goto(`${base}/p/${post.id}`)
  await page.locator('.post-bar-btn').last().click()
  const link = page.locator('.share-link input')
  await page.waitForFunction(() => /[?&]s=|\/s\//.test(document.querySelector('.share-link input')?.value ?? ''))
  await page.locator('.share-way').nth(1).click()
  const poster = page.locator('.share-poster img')
  await poster.waitFor()
  assert.ok((await poster.getAttribute('alt')).includes(post.title))
  assert.ok(await poster.evaluate((img) => img.decode().then(() => img.naturalWidth === 750 && img.naturalHeight > 900)))
  await look('share')
  const shared = await link.inputValue()
  await page.goto(shared)
  await page.waitForURL(`**/p/${post.id}**`)
  await page.locator('.post-text h1', { hasText: post.title }).waitFor()

  // An article is text, whatever its author typed.
  if (article.state === 'approved') {
    await page.goto(`${base}/p/${article.id}`)
    await page.locator('.article-text').waitFor()
    assert.ok((await page.locator('.article-text').innerText()).includes('Light <b>is</b> right.'))
    await page.locator('.article .post-product .btn').click()
    await page.waitForURL(`**product=${product}**`)
    await page.locator('.choice-head').waitFor()
    await page.keyboard.press('Escape')
    await look('article')
  }

  // Reported; then the author is muted, with a way back, and blocked.
  await page.goto(`${base}/p/${post.id}`)
  await page.locator('[aria-haspopup=dialog]:visible').first().click()
  await look('menu')
  await page.locator('.menu-bad').click()
  await page.locator('.report [value=spam]').check()
  await look('report')
  await page.locator('.report .btn').click()
  await page.locator('.toast').waitFor()
  await page.goto(`${base}/u/${by.id}`)
  await page.locator('.profile-act .profile-more').click()
  await page.locator('.menu-row').nth(0).click()
  await page.locator('.profile-note').waitFor()
  await look('muted')
  await page.locator('.toast-action').click()
  await page.locator('.profile-note').waitFor({ state: 'detached' })
  await page.locator('.profile-act .profile-more').click()
  await page.locator('.menu-row').nth(1).click()
  await page.locator('.profile-note').waitFor()
  await page.goto(`${base}/account/boundaries`)
  const row = page.locator('.me-row', { hasText: by.name })
  await row.waitFor()
  await look('blocked')
  await row.locator('button').click()
  await row.waitFor({ state: 'detached' })

  // The pages about oneself.
  for (const path of ['/me/profile', '/notices', '/notices/settings', '/account/status', '/account/boundaries?tab=words', `/u/${by.id}?tab=showcase`, `/u/${me.id}?tab=collections`, '/me']) {
    await page.goto(base + path)
    await page.locator('main').first().waitFor()
    await page.waitForLoadState('networkidle')
    await look(path.replaceAll(/\W+/g, '-').replace(/^-/, ''))
  }
  await page.goto(`${base}/notices/settings`)
  const push = page.locator('.prefs tbody tr').nth(2).locator('input').nth(1)
  const was = await push.isChecked()
  await push.setChecked(!was)
  await page.locator('.form-save .btn').click()
  await page.locator('.toast').waitFor()
  await page.reload()
  await push.waitFor()
  assert.equal(await push.isChecked(), !was)

  assert.deepEqual(found, [], 'axe and messages')
  assert.deepEqual(reader.complaints, [], 'console and network of the reader')
  assert.deepEqual(author.complaints, [], 'console and network of the author')
}

/** A video plays, is steered by keys, and says how far it was watched. */
export async function videoStory(t, browser, base) {
  const film = filmed(12)
  if (!film) return t.skip('there is no ffmpeg to make a video with')
  const who = await visitor(browser, base, { width: 1440, locale: 'en', name: 'video' })
  t.after(() => who.context.close())
  const { page } = who
  await signUp(page, base, 'Mei')
  await call(page, 'POST', '/account/creator', { accept_terms: true })
  await page.waitForTimeout(4000)
  const video = await send(page, base, film, { kind: 'video' })
  const post = await publish(page, { kind: 'video', title: 'Boiling water', video: { id: video, alt: 'A stove' }, chapters: [{ at_ms: 0, title: 'Lighting it' }, { at_ms: 6000, title: 'In the wind' }] })
  const reports = []
  // A request that outlives its page shows its body to the page alone.
  await page.exposeFunction('reported', (events) => reports.push(...events))
  await page.addInitScript(() => {
    const real = window.fetch
    window.fetch = async (input, init) => {
      if (input instanceof Request && input.url.endsWith('/api/v1/seen')) window.reported((await input.clone().json()).events)
      return real(input, init)
    }
  })
  await page.goto(`${base}/p/${post.id}`)
  const at = () => page.evaluate(() => document.querySelector('video').currentTime)
  const paused = () => page.evaluate(() => document.querySelector('video').paused)
  await page.locator('.player-big').click()
  await page.waitForFunction(() => document.querySelector('video').currentTime > 0.3)
  const found = await who.look('video')
  await page.locator('.chapter-go').nth(1).click()
  await page.waitForFunction(() => document.querySelector('video').currentTime >= 6)
  await page.locator('.chapter.on', { hasText: 'In the wind' }).waitFor()
  await page.locator('.player').evaluate((p) => p.focus())
  await page.evaluate(() => document.activeElement?.blur())
  await page.keyboard.press(' ')
  assert.ok(await paused(), 'the space bar pauses')
  const before = await at()
  await page.keyboard.press('ArrowLeft')
  assert.ok((await at()) < before - 4, 'the left arrow goes back')
  const muted = () => page.evaluate(() => document.querySelector('video').muted)
  const was = await muted()
  await page.keyboard.press('m')
  assert.equal(await muted(), !was)
  // From the top of the page: below the video a list of posts grows as the focus goes on.
  await page.locator('a[href], button').first().focus()
  await tabTo(page, '.player-line input')
  await page.keyboard.press('ArrowRight')
  assert.deepEqual(found, [])

  // Leaving says how long, and how far.
  await page.locator('.side-item').first().click()
  await page.waitForURL(`${base}/`)
  for (let i = 0; i < 40 && !reports.some((e) => e.kind === 'dwell'); i++) await page.waitForTimeout(250)
  const kinds = reports.filter((e) => e.post === post.id).map((e) => e.kind)
  assert.ok(kinds.includes('view') && kinds.includes('dwell'), `reported: ${kinds}`)
  const dwell = reports.find((e) => e.kind === 'dwell' && e.post === post.id)
  assert.ok(dwell.ms > 0 && dwell.percent >= 50 && dwell.percent <= 100, JSON.stringify(dwell))
  assert.equal(new Set(reports.map((e) => e.id)).size, reports.length, 'each event has an id of its own')
  assert.deepEqual(who.complaints, [], 'console and network')
}
