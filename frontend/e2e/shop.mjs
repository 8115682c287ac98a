// The shop that the stories visit: the one that MEADOW_URL names, or a
// demonstration started from MEADOW_TEST_BIN for as long as they run.
import { execFile, spawn } from 'node:child_process'
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const patience = 480_000

function freePort() {
  return new Promise((resolve, reject) => {
    const s = createServer()
    s.on('error', reject)
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address()
      s.close(() => resolve(port))
    })
  })
}

/** Waits until the shop is filled and answers with posts that sell. */
async function filled(base, gone, said) {
  const until = Date.now() + patience
  while (Date.now() < until) {
    if (gone()) throw new Error('the shop stopped before it was ready')
    const feed = !said() ? null : await fetch(`${base}/api/v1/feed/newest?limit=20`).then((r) => (r.ok ? r.json() : null)).catch(() => null)
    if (feed?.items.some((c) => c.price)) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new Error(`${base} has no posts that sell: is it a demonstration?`)
}

/** Waits until the shop answers. */
async function answering(base, gone) {
  for (const until = Date.now() + patience; Date.now() < until; ) {
    if (gone()) throw new Error('the shop stopped before it was ready')
    if (await fetch(`${base}/readyz`).then((r) => r.ok).catch(() => false)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${base} does not answer`)
}

/**
 * Puts a demonstration into an empty folder. Filling one takes a minute, so that
 * where MEADOW_E2E_FILLED names a folder it is filled once, there, and copied
 * for whoever needs one; files of stories run one after another.
 */
async function demonstration(data) {
  const once = process.env.MEADOW_E2E_FILLED
  if (!once) return
  const mark = join(once, 'filled')
  if (!(await access(mark).then(() => true, () => false))) {
    const shop = await start({ demo: true, data: join(once, 'data') })
    await shop.close()
    await writeFile(mark, '')
  }
  // Not by Node, whose copy leaves behind what the store keeps in extended attributes.
  await promisify(execFile)('cp', ['-a', `${join(once, 'data')}/.`, data])
  await rm(join(data, 'meadow.sock'), { force: true })
}

/**
 * Returns the shop's address and what ends it; without a demonstration it is empty.
 * One that is opened on a folder of data that is named can be opened there again.
 */
export async function openShop({ demo = true, data: kept = '', at = '', args = [] } = {}) {
  if (process.env.MEADOW_URL) {
    const base = process.env.MEADOW_URL.replace(/\/$/, '')
    await (demo ? filled(base, () => false, () => true) : answering(base, () => false))
    return { base, operator: process.env.MEADOW_OPERATOR ?? '', close: async () => {} }
  }
  const data = kept || (await mkdtemp(join(tmpdir(), 'meadow-e2e-')))
  const discard = () => (kept ? null : rm(data, { recursive: true, force: true }))
  try {
    if (demo && !kept) await demonstration(data)
    const shop = await start({ demo, data, at, args })
    return { ...shop, close: async () => { await shop.close(); await discard() } }
  } catch (err) {
    await discard()
    throw err
  }
}

/** Starts a server on a folder of data, and returns once it can be visited. */
async function start({ demo, data, at = '', args = [] }) {
  const bin = process.env.MEADOW_TEST_BIN
  if (!bin) throw new Error('name a running shop in MEADOW_URL, or the server in MEADOW_TEST_BIN')
  const base = at || `http://127.0.0.1:${await freePort()}`
  let log = ''
  // Where an operator enters, once: it is said at the start.
  let operator
  const server = spawn(bin, [...(demo ? ['-demo'] : []), '-listen', new URL(base).host, '-data', data, '-rate-limits=false', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const s of [server.stdout, server.stderr]) s.on('data', (b) => {
    log = (log + b).slice(-20_000)
    operator ??= /^operator: (\S+) /m.exec(log)?.[1]
  })
  const ended = new Promise((resolve) => server.on('exit', resolve))
  const close = async () => {
    server.kill('SIGTERM')
    await ended
  }
  try {
    const gone = () => server.exitCode !== null
    await (demo ? filled(base, gone, () => log.includes('demonstration is ready')) : answering(base, gone))
  } catch (err) {
    await close()
    throw new Error(`${err.message}\n${log}`)
  }
  return { base, operator: operator ?? '', close }
}
