// The moderation desk: a report is judged by keys, taken back, judged again; the
// author reads why; a ban needs two people.
import assert from 'node:assert/strict'
import { call, drawn, person } from './studio-people.mjs'

/** The cookies of the operator who came by the link, which is good once. */
export const office = { cookies: [] }

export async function deskStory(t, browser, base, operator) {
  if (!operator) return t.skip('nobody can enter as an operator: set MEADOW_OPERATOR to the link that the shop says when it starts')
  const boss = await browser.newContext({ locale: 'en' })
  t.after(() => boss.close())
  const desk = await boss.newPage()
  await desk.goto(operator)
  await desk.locator('main button, main .btn').first().click()
  await desk.waitForFunction(() => !location.pathname.startsWith('/enter'))
  office.cookies = await boss.cookies()
  const moderators = []
  for (const [name, width, locale, scheme] of [['Mo', 1440, 'en', 'light'], ['莫', 390, 'zh-CN', 'dark']]) {
    const m = await person(browser, base, { name, width, locale, scheme, as: `desk-${width}` })
    t.after(() => m.context.close())
    await call(desk, 'POST', '/account/roles', { user: m.id, role: 'moderator', grant: true })
    moderators.push(m)
  }
  const author = await person(browser, base, { name: 'Nix', creator: true, as: 'accused', locale: 'en' })
  t.after(() => author.context.close())
  const { page: at } = author
  await at.goto(`${base}/studio/publish`)
  await at.locator('.picker-add input').setInputFiles(await drawn(browser, 1))
  await at.locator('.picker-item.ready').waitFor()
  const title = `Looks genuine ${Date.now()}`
  await at.getByLabel('Title', { exact: true }).fill(title)
  await at.locator('.publish-go').click()
  await at.waitForURL('**/studio/posts')
  const { items } = await call(at, 'GET', '/works')

  const [mo, other] = moderators
  const { page } = mo
  await call(page, 'POST', '/reports', { subject: { kind: 'post', id: items[0].id }, reason: 'counterfeit', note: 'The stitching is wrong.' })
  await call(other.page, 'POST', '/reports', { subject: { kind: 'post', id: items[0].id }, reason: 'counterfeit', note: '' })

  await page.goto(`${base}/studio/desk`)
  await page.reload()
  const mine = page.locator('.case', { hasText: title })
  await page.locator('.case').waitFor()
  for (let i = 0; i < 40 && !(await mine.count()); i++) await page.keyboard.press('s')
  await mine.waitFor()
  await mo.see('case', '.case')
  await page.keyboard.press('?')
  await mo.see('keys', '.key-list')
  await page.keyboard.press('Escape')

  // Keys are letters while somebody types.
  await page.locator('.decide .input').fill('')
  await page.locator('.decide .input').press('r')
  assert.equal(await page.locator('.decide .input').inputValue(), 'r')
  assert.ok(await mine.count())
  await page.locator('.decide .input').fill('Seam and label differ from the maker’s.')
  await page.locator('.case-words').click()
  await page.keyboard.press('3')
  assert.ok(await page.locator('.reasons input[value=counterfeit]').isChecked())
  await page.keyboard.press('r')
  await page.locator('.undo').waitFor()
  await page.keyboard.press('u')
  await mine.waitFor()
  await page.keyboard.press('3')
  await page.keyboard.press('r')
  await page.locator('.undo').waitFor()
  await mo.see('undo', '.undo')
  await page.locator('.undo').waitFor({ state: 'detached', timeout: 20_000 })

  // The author finds out, and why.
  await at.goto(`${base}/studio/posts?tab=rejected`)
  for (let i = 0; i < 30 && !(await at.locator('.row-title', { hasText: title }).count()); i++) await at.reload({ waitUntil: 'networkidle' })
  await at.locator('.why', { hasText: 'Counterfeit' }).waitFor()
  await author.see('rejected', '.rows')

  // A ban: one proposes, another confirms.
  await page.goto(`${base}/studio/desk/people/${author.id}`)
  await mo.see('person', '.person')
  await page.getByRole('button', { name: 'Propose a ban' }).click()
  await page.getByLabel('Note').fill('Third fake this week.')
  await mo.see('propose', '.part-form')
  await page.locator('.part-form [type=submit]').click()
  await page.locator('.part-form').waitFor({ state: 'detached' })
  await page.goto(`${base}/studio/desk/bans`)
  await page.locator('.rows li', { hasText: 'Nix' }).getByText('Waits for somebody else').waitFor()
  await mo.see('bans', '.rows')
  await other.page.goto(`${base}/studio/desk/bans`)
  const row = other.page.locator('.rows li', { hasText: 'Nix' })
  await row.getByRole('button', { name: '确认' }).click()
  await row.getByRole('button', { name: '确认封禁' }).click()
  await row.waitFor({ state: 'detached' })
  await other.page.goto(`${base}/studio/desk/bans?state=active`)
  await row.waitFor()
  await other.see('active', '.rows')

  // The lists, the rules, the log.
  await page.goto(`${base}/studio/desk/lists`)
  const word = `forbidden${Date.now()}`
  await page.getByLabel('Word', { exact: true }).fill(word)
  await page.locator('form .btn-accent').click()
  await page.locator('.rows li', { hasText: word }).waitFor()
  await mo.see('lists', '.rows')
  for (const [path, ready] of [['rules', '.rows'], ['audit', '.audit'], ['lists?list=links', '.part'], ['bans?state=declined', '.tabs']]) {
    for (const m of moderators) {
      await m.page.goto(`${base}/studio/desk/${path}`)
      await m.see(`desk-${path.replace(/\W.*/, '')}`, ready)
    }
  }
  await other.page.goto(`${base}/studio/desk`)
  await other.see('queue-phone', '.case, .state')
  for (const p of [mo, other, author]) {
    assert.deepEqual(p.found, [], 'axe and messages')
    assert.deepEqual(p.complaints.filter((c) => !/status of 403/.test(c)), [], 'console and network')
  }
}
