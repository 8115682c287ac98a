// People at the shop's API, without a screen: as many as a story needs, fast.
import assert from 'node:assert/strict'

/** What the shop answered when it refused. */
export class Refused extends Error {
  constructor(what, status, error) {
    super(`${what}: ${status} ${JSON.stringify(error)}`)
    this.status = status
    this.reason = error?.reason ?? ''
  }
}

export class Person {
  #cookies = new Map()
  #token = ''

  constructor(base) {
    this.base = base
  }

  async #send(method, path, body, key) {
    const headers = { Origin: this.base, Cookie: [...this.#cookies].map(([k, v]) => `${k}=${v}`).join('; '), 'X-Meadow-CSRF': this.#token }
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    if (key) headers['Idempotency-Key'] = key
    const answer = await fetch(`${this.base}/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      this.#cookies.set(name, value)
    }
    return { status: answer.status, body: await answer.json().catch(() => null) }
  }

  /** Calls the API; a role that was just given counts everywhere a moment later. */
  async call(method, path, body, key) {
    for (let i = 0; ; i++) {
      const { status, body: out } = await this.#send(method, path, body, key)
      if (status < 300) return out
      if (status !== 403 || out?.error?.reason !== 'not_allowed' || i > 20) throw new Refused(`${method} ${path}`, status, out?.error)
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }

  get(path) {
    return this.call('GET', path)
  }

  put(path, body) {
    return this.call('PUT', path, body)
  }

  post(path, body) {
    return this.call('POST', path, body, crypto.randomUUID())
  }

  /** A list to its end. */
  async all(path) {
    const items = []
    for (let next = ''; ; ) {
      const page = await this.get(`${path}${path.includes('?') ? '&' : '?'}limit=50&after=${encodeURIComponent(next)}`)
      items.push(...page.items)
      next = page.next ?? ''
      if (!next) return items
    }
  }

  async #greeted(user) {
    this.#token = (await this.get('/csrf')).token
    this.id = user.id
    return this
  }

  async signUp(name, locale = 'en') {
    const { user } = await this.post('/account/sign-up', { name, login: `${crypto.randomUUID()}@example.com`, password: `horse-${crypto.randomUUID()}`, locale })
    return this.#greeted(user)
  }

  /** Enters by the link that the shop says when it starts. */
  async enter(link) {
    const { user } = await this.post('/account/enter', { token: new URL(link).searchParams.get('token') })
    return this.#greeted(user)
  }

  async creator() {
    await this.post('/account/creator', { accept_terms: true })
    this.#token = (await this.get('/csrf')).token
    return this
  }

  async merchant(shop) {
    const made = await this.post('/merchants', shop)
    this.#token = (await this.get('/csrf')).token
    return made
  }

  /** Sends a file and returns what it is called, once it can be used. */
  async upload(bytes, { kind = 'picture', purpose = 'post' } = {}) {
    const ticket = await this.post('/uploads', { purpose, kind, bytes: bytes.length })
    const auth = { Authorization: `Bearer ${ticket.token}`, 'Tus-Resumable': '1.0.0' }
    const made = await fetch(new URL(ticket.url, this.base), { method: 'POST', headers: { ...auth, 'Upload-Length': String(bytes.length) } })
    assert.equal(made.status, 201, await made.text())
    const at = new URL(made.headers.get('Location'), this.base)
    const sent = await fetch(at, { method: 'PATCH', headers: { ...auth, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' }, body: bytes })
    assert.ok(sent.ok, await sent.text())
    return until('the upload is ready', async () => {
      const at = await this.get(`/uploads/${ticket.upload}`)
      assert.notEqual(at.step, 'rejected', at.reason)
      return at.step === 'ready' && ticket.media
    }, 300_000)
  }

  /** Whoever is signed in at a screen, by its cookies. */
  async as(cookies) {
    for (const { name, value } of cookies) this.#cookies.set(name, value)
    this.#token = (await this.get('/csrf')).token
    Object.assign(this, await this.get('/account/me'))
    return this
  }

  /** A screen of this person's, in a browser's context. */
  async at(context) {
    await context.addCookies([...this.#cookies].map(([name, value]) => ({ name, value, url: this.base })))
  }
}

/** Asks again until the answer is something, for what comes about by itself. */
export async function until(what, f, patience = 60_000) {
  for (const end = Date.now() + patience; ; ) {
    const got = await f()
    if (got) return got
    assert.ok(Date.now() < end, `never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
