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

// What changes something carries the token; one that has run out is renewed once.
async function send(request: Request): Promise<Response> {
  if (request.method === 'GET') return fetch(request)
  const again = request.clone()
  request.headers.set('X-Meadow-CSRF', await token())
  const answer = await fetch(request)
  if (answer.status !== 403) return answer
  const err = refusal(403, await answer.clone().json().catch(() => null))
  if (err.reason !== 'csrf_token') return answer
  forgetToken()
  again.headers.set('X-Meadow-CSRF', await token())
  return fetch(again)
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
