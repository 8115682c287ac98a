// Every screen of the studio, in both languages and sizes: sound for axe, in
// words, and no wider than the window.
import assert from 'node:assert/strict'
import { call, drawn, person } from './studio-people.mjs'

export async function screensStory(t, browser, base) {
  const pictures = await drawn(browser, 3)
  for (const [width, locale, scheme] of [[1440, 'zh-CN', 'light'], [390, 'en', 'dark'], [390, 'zh-CN', 'light'], [1440, 'en', 'dark']]) {
    const who = await person(browser, base, { name: locale === 'en' ? 'Robin' : '知夏', width, locale, scheme, creator: true, as: `screens-${width}-${locale}` })
    t.after(() => who.context.close())
    const { page } = who
    const go = (path) => page.goto(`${base}/studio${path}`)

    await go('/publish')
    await page.locator('.picker-add input').setInputFiles(pictures)
    await page.locator('.picker-item.ready').nth(2).waitFor()
    await page.locator('.publish-go').click()
    await page.locator('.lacks li').first().waitFor()
    await who.see('editor-pictures', '.board')
    await page.locator('.picker-tools button').nth(1).click()
    await page.locator('.vue-advanced-cropper__image').first().waitFor()
    await who.see('crop', '.crop-stage')
    await page.keyboard.press('Escape')
    await page.locator('.kinds label').nth(2).click()
    await page.locator('.block-add button').first().click()
    await page.locator('.block textarea').fill(locale === 'en' ? 'Two weeks with one bag' : '一只包的两周')
    await page.locator('.block textarea').press('Enter')
    await page.locator('.block textarea').nth(1).fill(locale === 'en' ? 'It carried more 🌹 than I thought.' : '它装下的 🌹 比我想的多。')
    await page.locator('.block textarea').nth(1).press('ControlOrMeta+a')
    await page.keyboard.press('ControlOrMeta+b')
    await page.locator('.block .run-bold').waitFor()
    await page.locator('.block-add button').nth(4).click()
    await who.see('editor-article', '.block-picture')
    await page.locator('.kinds label').nth(1).click()
    await who.see('editor-video', '.picker-add, .state')
    await page.locator('.kinds label').nth(0).click()
    const title = locale === 'en' ? `Two weeks with one bag ${width}` : `一只包的两周 ${width}`
    await page.getByLabel(locale === 'en' ? 'Title' : '标题', { exact: true }).fill(title)
    await page.locator('.send .pill').nth(1).click()
    await who.see('schedule', '.send input[type=datetime-local]')
    await page.locator('.publish-go').click()
    await page.waitForURL('**/posts?tab=scheduled')
    await page.locator('.row-title', { hasText: title }).waitFor()
    await who.see('scheduled', '.rows')

    await go('/publish')
    await page.locator('.picker-add input').setInputFiles(pictures[1])
    await page.locator('.picker-item.ready').first().waitFor()
    await page.getByLabel(locale === 'en' ? 'Title' : '标题', { exact: true }).fill(`${title} now`)
    await page.locator('.publish-go').click()
    await page.waitForURL('**/studio/posts')
    await page.locator('.row-title', { hasText: title }).waitFor()
    await who.see('posts', '.rows')
    await page.locator('.rows .icon-btn').nth(1).click()
    await who.see('versions', 'dialog .state')
    await page.keyboard.press('Escape')
    const { items } = await call(page, 'GET', '/works')
    for (const [path, screen, ready] of [
      ['/calendar', 'calendar', width < 800 ? '.cal-line' : '.cal-entry'], ['/posts?tab=drafts', 'drafts', '.state'], ['/posts?tab=rejected', 'rejected', '.state'],
      ['/comments', 'questions', '.tile'], ['/comments?tab=held', 'held', '.state'], ['/comments?tab=rules', 'rules', '.choices'],
      ['/insight', 'insight', '.chart'], [`/insight/${items[0].id}`, 'insight-post', '.chart'], ['/showcase', 'showcase', '.state'], ['/tier', 'tier', '.goal'], ['/staff', 'staff', '.choices'],
      ['/earnings', 'earnings', 'h1'], ['/desk', 'desk-closed', '.state'],
    ]) {
      await go(path)
      await who.see(screen, ready)
    }
    assert.deepEqual(who.found, [], 'axe and messages')
    assert.deepEqual(who.complaints, [], 'console and network')
  }
}
