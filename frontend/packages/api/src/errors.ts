/** A refusal of the server. Programs branch on code and reason. */
export class ApiError extends Error {
  override name = 'ApiError'

  constructor(
    readonly status: number,
    readonly code: string,
    readonly reason: string,
    message: string,
    readonly fields: Record<string, string> = {},
  ) {
    super(message)
  }
}

/** Reads a refusal; what is not in our words is an internal fault. */
export function refusal(status: number, body: unknown): ApiError {
  const e = (body as { error?: { code?: string; reason?: string; message?: string; fields?: Record<string, string> } } | null)?.error
  return new ApiError(status, e?.code ?? 'internal', e?.reason ?? 'internal', e?.message ?? '', e?.fields)
}

/** Whether asking again, unchanged, may succeed. */
export function worthRetrying(err: unknown): boolean {
  return !(err instanceof ApiError) || err.status >= 500 || err.code === 'throttled'
}

/** Whether nobody is signed in. */
export function signInRequired(err: unknown): boolean {
  return err instanceof ApiError && err.reason === 'sign_in_required'
}
