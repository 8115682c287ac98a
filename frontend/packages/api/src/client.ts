import { boot } from './boot'
import { ApiError, refusal } from './errors'

type Query = Record<string, string | number | boolean | undefined>
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface Options {
  query?: Query
  body?: unknown
  /** The key of an intention, for what costs or grants something. */
  key?: string
  signal?: AbortSignal
}

/** The token of this session; "" for a visitor, null if it is not known. */
let csrf: string | null = boot.csrf ?? null

async function token(): Promise<string> {
  if (csrf === null) {
    const answer = await fetch('/api/v1/csrf', { credentials: 'same-origin' })
    if (answer.ok) csrf = ((await answer.json()) as { token: string }).token
  }
  return csrf ?? ''
}

/** Forgets the token: signing in or out ends it. */
export function forgetToken(): void {
  csrf = null
}

function address(path: string, query: Query | undefined): string {
  const q = new URLSearchParams()
  for (const [k, v] of Object.entries(query ?? {})) {
    if (v !== undefined && v !== '' && v !== false) q.set(k, String(v))
  }
  const text = q.toString()
  return `/api/v1${path}${text ? `?${text}` : ''}`
}

async function send(method: Method, path: string, o: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (o.body !== undefined) headers['Content-Type'] = 'application/json'
  if (o.key) headers['Idempotency-Key'] = o.key
  if (method !== 'GET') headers['X-Meadow-CSRF'] = await token()
  return fetch(address(path, o.query), {
    method,
    headers,
    credentials: 'same-origin',
    body: o.body === undefined ? undefined : JSON.stringify(o.body),
    signal: o.signal,
  })
}

/**
 * Calls the API and returns its answer, or throws an ApiError. A token that has
 * run out is renewed once.
 */
export async function call<T>(method: Method, path: string, o: Options = {}): Promise<T> {
  let answer = await send(method, path, o)
  if (answer.status === 403 && method !== 'GET') {
    const err = refusal(403, await answer.clone().json().catch(() => null))
    if (err.reason === 'csrf_token') {
      forgetToken()
      answer = await send(method, path, o)
    }
  }
  const body: unknown = await answer.json().catch(() => null)
  if (!answer.ok) throw refusal(answer.status, body)
  if (body === null) throw new ApiError(answer.status, 'internal', 'internal', '')
  return body as T
}
