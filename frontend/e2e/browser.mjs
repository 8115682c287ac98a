// A browser for the stories: Debian's Chromium, nothing but this shop.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { chromium } from 'playwright-core'

const shots = process.env.MEADOW_SHOTS ?? ''
const all = Boolean(process.env.MEADOW_E2E_ALL)

export function launch() {
  return chromium.launch({
    executablePath: process.env.MEADOW_TEST_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}

/** A person at a screen. What goes wrong behind the screen is kept in complaints. */
export async function visitor(browser, base, { width, locale, scheme = 'light', name }) {
  const phone = width < 600
  const context = await browser.newContext({
    viewport: { width, height: phone ? 844 : 900 },
    locale,
    colorScheme: scheme,
    hasTouch: phone,
    isMobile: phone,
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(60_000)
  const complaints = []
  const origin = new URL(base).origin
  context.on('request', (r) => {
    const url = new URL(r.url())
    if (!['data:', 'blob:', 'about:'].includes(url.protocol) && url.origin !== origin) complaints.push(`asked another site: ${r.url()}`)
  })
  context.on('console', (m) => {
    if (m.type() === 'error') complaints.push(`console: ${m.text()} (${m.location().url})`)
  })
  context.on('weberror', (e) => complaints.push(`exception: ${e.error().message}`))
  const page = await context.newPage()
  let n = 0
  const seen = {
    page,
    context,
    complaints,
    /** Looks only where every screen is to be looked at: the picture of a step that others show as well. */
    glance: async (...screen) => (all ? seen.look(...screen) : []),
    /** Looks at the screen: keeps a picture, and returns what axe finds. */
    async look(screen, on = page) {
      if (shots) {
        mkdirSync(shots, { recursive: true })
        await on.screenshot({ path: join(shots, `${name}-${String(++n).padStart(2, '0')}-${screen}.png`) })
      }
      const { violations } = await new AxeBuilder({ page: on }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
      return violations.map((v) => `${screen}: ${v.id}: ${v.nodes.map((x) => x.target.join(' ')).join(' | ')}`)
    },
  }
  return seen
}

/** Keys of messages that reached the screen, which nobody should ever read. */
export function rawKeys(page) {
  return page.evaluate(() => {
    const text = document.body.innerText
    return text.match(/\b(common|nav|feed|post|product|checkout|address|buy|pay|orders|profile|search|account|me|inbox|error|studio|video|share|menu|report|collections|edit|notices|prefs|standing|boundaries|reel|taste|why|hide|topic|goods|promo|growth|aftersale|rating|wallet|parcel|receipt)\.[a-z][\w.]+/g) ?? []
  })
}

/** Tabs until the focus is on what matches, as somebody without a mouse does. */
export async function tabTo(page, selector, most = 120) {
  for (let i = 0; i < most; i++) {
    const there = await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)
    if (there) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`the keyboard does not reach ${selector}`)
}
