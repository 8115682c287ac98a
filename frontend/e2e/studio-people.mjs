// People of the studio's stories, and what they bring: made by the API, so that
// a story begins where it is about something.
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { rawKeys, visitor } from './browser.mjs'

/** Calls the API as whoever is signed in on the page. */
export function call(page, method, path, body, key) {
  return page.evaluate(async ([m, p, b, k]) => {
    const { token } = await (await fetch('/api/v1/csrf')).json()
    const headers = { 'X-Meadow-CSRF': token, ...(b === undefined ? {} : { 'Content-Type': 'application/json' }), ...(k ? { 'Idempotency-Key': k } : {}) }
    for (let i = 0; ; i++) {
      const answer = await fetch(`/api/v1${p}`, { method: m, headers: m === 'GET' ? {} : headers, body: b === undefined ? undefined : JSON.stringify(b) })
      const text = await answer.text()
      if (answer.ok) return text ? JSON.parse(text) : {}
      // A role that was just given counts everywhere a moment later.
      if (answer.status === 403 && i < 12) await new Promise((resolve) => setTimeout(resolve, 500))
      else throw new Error(`${m} ${p}: ${answer.status} ${text}`)
    }
  }, [method, path, body, key])
}

/** Somebody with an account, at a screen. */
export async function person(browser, base, { name, width = 1440, locale = 'en', scheme = 'light', creator = false, as = 'studio' }) {
  const who = await visitor(browser, base, { width, locale, scheme, name: as })
  const { page } = who
  await page.goto(`${base}/sign-in`)
  const answer = await call(page, 'POST', '/account/sign-up', { name, login: `${crypto.randomUUID()}@example.com`, password: `horse-${crypto.randomUUID()}`, locale })
  who.id = answer.user.id
  if (creator) await call(page, 'POST', '/account/creator', { accept_terms: true })
  const found = []
  return {
    ...who,
    found,
    /** Waits until a screen stands still, and looks at it. */
    async see(screen, ready = 'h1') {
      await page.locator(ready).first().waitFor()
      await page.waitForLoadState('networkidle')
      found.push(...(await who.look(screen)), ...(await rawKeys(page)).map((k) => `${screen}: raw key ${k}`))
      if (!(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))) found.push(`${screen}: scrolls sideways`)
    },
  }
}

/** Pictures as people upload them, drawn by the browser: PNG, JPEG and WebP. */
export async function drawn(browser, n) {
  const page = await browser.newPage({ viewport: { width: 900, height: 1200 } })
  const out = []
  for (let i = 0; i < n; i++) {
    await page.setContent(`<body style="margin:0;height:100vh;background:linear-gradient(${i * 60}deg,hsl(${i * 70} 60% 80%),hsl(${i * 70 + 50} 50% 50%))">`)
    const kind = ['png', 'jpeg', 'webp'][i % 3]
    const shot = await page.screenshot({ type: kind === 'jpeg' ? 'jpeg' : 'png' })
    const buffer = kind !== 'webp' ? shot : Buffer.from(await page.evaluate(async (src) => {
      const picture = new Image()
      picture.src = src
      await picture.decode()
      const canvas = new OffscreenCanvas(picture.width, picture.height)
      canvas.getContext('2d').drawImage(picture, 0, 0)
      return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.8 })).arrayBuffer())]
    }, `data:image/png;base64,${shot.toString('base64')}`))
    out.push({ name: `picture-${i}.${kind}`, mimeType: `image/${kind}`, buffer })
  }
  await page.close()
  return out
}

/** A folder with films: real ones, and one padded to the size that is wanted. */
export async function films() {
  const folder = await mkdtemp(join(tmpdir(), 'meadow-film-'))
  const at = (name) => join(folder, name)
  const ffmpeg = (...args) => promisify(execFile)(process.env.MEADOW_TEST_FFMPEG ?? 'ffmpeg', ['-v', 'error', '-y', ...args])
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=540x960:rate=25:duration=6', '-f', 'lavfi', '-i', 'sine=440:duration=6', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-movflags', '+faststart', at('film.mp4'))
  await ffmpeg('-i', at('film.mp4'), '-c', 'copy', at('film.mov'))
  return {
    path: at,
    /** A film of so many bytes: what is added is a box that players pass over. */
    async padded(name, bytes) {
      await promisify(execFile)('cp', [at('film.mp4'), at(name)])
      const file = await open(at(name), 'r+')
      const { size } = await file.stat()
      const box = Buffer.alloc(8)
      box.writeUInt32BE(bytes - size, 0)
      box.write('free', 4, 'latin1')
      await file.write(box, 0, 8, size)
      await file.truncate(bytes)
      await file.close()
      return at(name)
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
