// What people bring: accounts, pictures, videos and posts, made through the API
// so that a story can begin where it matters.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Calls the API as whoever is signed in on a page. */
export async function call(page, method, path, body, headers = {}) {
  const answer = await page.evaluate(
    async ([m, p, b, h]) => {
      const { token } = await (await fetch('/api/v1/csrf')).json()
      const r = await fetch(`/api/v1${p}`, { method: m, headers: { 'Content-Type': 'application/json', 'X-Meadow-CSRF': token ?? '', ...h }, ...(b === undefined ? {} : { body: JSON.stringify(b) }) })
      return { status: r.status, body: await r.json().catch(() => null) }
    },
    [method, path, body, headers],
  )
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

/** Signs somebody up on a page, through the screen. */
export async function signUp(page, base, name) {
  await page.goto(`${base}/sign-in`)
  await page.locator('.sign-in-ways button').nth(2).click()
  for (const [field, value] of Object.entries({ name, username: `${crypto.randomUUID()}@example.com`, password: `horse-${crypto.randomUUID()}` })) await page.locator(`.sign-in [name=${field}]`).fill(value)
  await page.locator('.sign-in button[type=submit]').click()
  await page.waitForURL(`${base}/`)
  return call(page, 'GET', '/account/me')
}

/** Pictures as people upload them, drawn by the browser. */
export async function drawn(browser, n, width = 900, height = 1200) {
  const page = await browser.newPage({ viewport: { width, height } })
  const out = []
  for (let i = 0; i < n; i++) {
    await page.setContent(`<body style="margin:0;height:100vh;background:linear-gradient(${i * 60}deg,hsl(${i * 70} 60% 80%),hsl(${i * 70 + 50} 50% 50%))">`)
    out.push({ name: `picture-${i}.png`, mimeType: 'image/png', buffer: await page.screenshot() })
  }
  await page.close()
  return out
}

/** A short video with sound, or null where there is no ffmpeg. */
export function filmed(seconds = 12) {
  const folder = mkdtempSync(join(tmpdir(), 'meadow-film-'))
  const file = join(folder, 'film.mp4')
  try {
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=s=540x960:r=24:d=${seconds}`, '-f', 'lavfi', '-i', `sine=f=330:d=${seconds}`, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest', file])
    return readFileSync(file)
  } catch {
    return null
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Sends one file to the shop, and waits until it can be used. */
export async function send(page, base, bytes, { kind = 'picture', purpose = 'post' } = {}) {
  const ticket = await call(page, 'POST', '/uploads', { purpose, kind, bytes: bytes.length })
  const auth = { Authorization: `Bearer ${ticket.token}`, 'Tus-Resumable': '1.0.0' }
  const made = await fetch(new URL(ticket.url, base), { method: 'POST', headers: { ...auth, 'Upload-Length': String(bytes.length) } })
  assert.equal(made.status, 201, await made.text())
  const sent = await fetch(new URL(made.headers.get('Location'), new URL(ticket.url, base)), { method: 'PATCH', headers: { ...auth, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' }, body: bytes })
  assert.ok(sent.ok, await sent.text())
  for (let i = 0; i < 600; i++) {
    const p = await call(page, 'GET', `/uploads/${ticket.upload}`)
    if (p.step === 'ready') return ticket.media
    assert.notEqual(p.step, 'rejected', p.reason)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('the upload is never ready')
}

/** Publishes a post of a page's person. */
export function publish(page, post) {
  return call(page, 'POST', '/posts', { kind: 'pictures', body: '', topics: [], pictures: [], tags: [], ad: false, lang: 'en', ...post }, { 'Idempotency-Key': crypto.randomUUID() })
}
