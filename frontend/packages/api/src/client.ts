import createClient from 'openapi-fetch'
import { boot } from './boot'
import { ApiError, refusal } from './errors'
import type { paths } from './schema'

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

/** Until when a role that was just given may not count everywhere yet. */
let settling = 0

/** How far the shop's clock is ahead of this device's, by what it last said. */
let ahead = 0
export const shopAhead = () => ahead

// No answer comes out of a cache, so that the moment it names is now; it names
// whole seconds, which is no reason to correct a clock that is right.
function hear(answer: Response): void {
  const by = Date.parse(answer.headers.get('Date') ?? '') - Date.now()
  if (Number.isFinite(by)) ahead = Math.abs(by) < 2000 ? 0 : by
}

/** Says that the account's roles changed: the shop remembers the old ones for a moment. */
export function rolesChanged(): void {
  settling = Date.now() + 4000
}

// What changes something carries the token; one that has run out is renewed
// once, and a role that does not count yet is waited for.
async function send(request: Request): Promise<Response> {
  const again = request.clone()
  if (request.method !== 'GET') request.headers.set('X-Meadow-CSRF', await token())
  const answer = await fetch(request)
  hear(answer)
  if (answer.status !== 403) return answer
  const { reason } = refusal(403, await answer.clone().json().catch(() => null))
  if (reason === 'csrf_token') forgetToken()
  else if (reason === 'not_allowed' && Date.now() < settling) await new Promise((resolve) => setTimeout(resolve, 800))
  else return answer
  return reason === 'csrf_token' ? retry(again) : send(again)
}

async function retry(request: Request): Promise<Response> {
  request.headers.set('X-Meadow-CSRF', await token())
  return fetch(request)
}

/** The API; paths, parameters and bodies are checked against its document. */
export const client = createClient<paths>({ fetch: send, credentials: 'same-origin' })

/** The answer of a call, or its refusal as an ApiError. */
export async function done<T>(answer: Promise<{ data?: unknown; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer
  if (!response.ok) throw refusal(response.status, error)
  if (data === undefined) throw new ApiError(response.status, 'internal', 'internal', '')
  return data as T
}
