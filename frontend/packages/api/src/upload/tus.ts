import { DetailedError, Upload } from 'tus-js-client'
import { client, done } from '../client'
import { ApiError } from '../errors'
import { firstOf, forget, keep, type Kept } from './keep'
import type { Happening } from './line'

export type Purpose = 'post' | 'avatar' | 'product' | 'comment'
export type Kind = 'picture' | 'video' | 'captions'
export interface Ability { able: boolean; missing?: string; types: string[]; max_bytes: number; max_seconds?: number; max_pixels?: number }
export interface Abilities { picture: Ability; video: Ability; captions: Ability }
interface Ticket { upload: string; media: string; url: string; token: string; max_bytes: number; until: string }
interface Progress { upload: string; media: string; step: 'uploading' | 'checking' | 'transcoding' | 'ready' | 'rejected'; percent: number; offset: number; length: number; reason?: string }

const v1 = '/api/v1'
export const abilities = (): Promise<Abilities> => done<Abilities>(client.GET(`${v1}/uploads/abilities`))
export const uploadProgress = (upload: string): Promise<Progress> => done<Progress>(client.GET(`${v1}/uploads/{id}`, { params: { path: { id: upload } } }))
const ticketFor = (purpose: Purpose, kind: Kind, bytes: number): Promise<Ticket> => done<Ticket>(client.POST(`${v1}/uploads`, { body: { purpose, kind, bytes } }))

/** An upload that was refused, by the reason of the refusal where there is one. */
export class UploadError extends Error {
  constructor(readonly reason: string) {
    super(reason)
  }
}

/** Reasons for which a ticket is of no use any more, and another one may be. */
const spent = new Set(['no_such_upload', 'upload_expired', 'bad_upload_token', 'ticket_used', 'too_many_pieces'])

// A large file travels in parts, so that what a cut connection loses is small.
const part = 16 << 20

function refusalOf(err: Error | DetailedError): { status: number; reason: string } {
  const answer = err instanceof DetailedError ? err.originalResponse : null
  if (!answer) return { status: 0, reason: '' }
  try {
    return { status: answer.getStatus(), reason: (JSON.parse(answer.getBody()) as { error: { reason: string } }).error.reason }
  } catch {
    return { status: answer.getStatus(), reason: '' }
  }
}

/**
 * Sends one file to the media role by the tus protocol, and follows it until it
 * is ready or rejected. A ticket says where and proves that we may. A lost
 * connection is waited for; a kept upload goes on where the server has it.
 */
export class Sending {
  readonly done: Promise<string>
  private settle!: { good: (media: string) => void; bad: (err: Error) => void }
  private running: Upload | null = null
  private stopped = false
  private held = false
  private tries = 0
  private renewed = false
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly file: File | null,
    private readonly about: { purpose: Purpose; kind: Kind; where?: string },
    private readonly say: (h: Happening) => void,
    private kept: Kept | null = null,
  ) {
    this.done = new Promise((good, bad) => (this.settle = { good, bad }))
    this.done.catch(() => undefined) // Who does not wait is told by say.
    if (file) void this.begin()
    else void this.follow()
  }

  get media(): string {
    return this.kept?.media ?? ''
  }

  pause(): void {
    this.held = true
    clearTimeout(this.timer)
    void this.running?.abort()
    this.say({ is: 'paused' })
  }

  resume(): void {
    this.held = false
    this.tries = 0
    this.say({ is: 'resumed' })
    void this.run()
  }

  /** Goes on at once, as when the network is back. */
  nudge(): void {
    if (this.timer === undefined || this.held || this.stopped) return
    clearTimeout(this.timer)
    this.timer = undefined
    this.tries = 0
    void this.run()
  }

  /** Ends it, and takes back what the server has of it. */
  cancel(): void {
    this.leave()
    if (!this.kept) return
    forget(this.kept.upload)
    if (this.kept.url) void fetch(this.kept.url, { method: 'DELETE', headers: { Authorization: `Bearer ${this.kept.token}`, 'Tus-Resumable': '1.0.0' } }).catch(() => undefined)
  }

  /** Stops without giving up: it can go on later. */
  leave(): void {
    this.stopped = true
    clearTimeout(this.timer)
    void this.running?.abort()
    this.settle.bad(new UploadError('aborted'))
  }

  private async begin(): Promise<void> {
    this.say({ is: 'begun' })
    await this.run()
  }

  private async run(): Promise<void> {
    this.timer = undefined
    const file = this.file
    if (this.stopped || this.held || !file) return
    try {
      if (!this.kept) {
        const t = await ticketFor(this.about.purpose, this.about.kind, file.size)
        this.kept = {
          upload: t.upload, media: t.media, endpoint: t.url, token: t.token, until: t.until, ...this.about, where: this.about.where ?? '',
          name: file.name, size: file.size, mtime: file.lastModified, first: await firstOf(file),
        }
        this.remember()
      }
      if (this.stopped || this.held) return
      this.send(file, this.kept)
    } catch (err) {
      if (err instanceof ApiError && err.status < 500 && err.code !== 'throttled') this.refuse(err.reason)
      else this.later()
    }
  }

  private remember(): void {
    if (this.kept?.where) keep(this.kept)
  }

  private send(file: File, k: Kept): void {
    this.running = new Upload(file, {
      endpoint: k.endpoint,
      uploadUrl: k.url ?? null,
      headers: { Authorization: `Bearer ${k.token}` },
      metadata: { filename: file.name, filetype: file.type },
      chunkSize: k.kind === 'video' ? part : Infinity,
      retryDelays: null,
      storeFingerprintForResuming: false,
      onUploadUrlAvailable: () => {
        k.url = this.running?.url ?? undefined
        this.remember()
      },
      onProgress: (sent) => {
        this.tries = 0
        this.say({ is: 'moved', sent, at: performance.now() })
      },
      onSuccess: () => {
        // A picture was looked at before its last byte was answered.
        if (k.kind === 'picture') this.finish('ready', '')
        else void this.follow()
      },
      onError: (err) => this.failed(err),
    })
    this.running.start()
  }

  private failed(err: Error | DetailedError): void {
    if (this.stopped || this.held) return
    const { status, reason } = refusalOf(err)
    if (spent.has(reason) && !this.renewed) {
      this.renewed = true
      if (this.kept) forget(this.kept.upload)
      this.kept = null
      void this.run()
    } else if (status === 0 || status >= 500 || status === 429 || reason === 'offset_mismatch' || status === 423) this.later()
    else this.refuse(reason || 'upload_failed')
  }

  private later(): void {
    this.say({ is: 'lost' })
    this.timer = setTimeout(() => void this.run(), Math.min(15_000, 800 * 2 ** this.tries++))
  }

  private refuse(reason: string): void {
    this.finish('rejected', reason)
  }

  /** Asks how the server is getting on until it has finished. */
  private async follow(): Promise<void> {
    if (this.file) this.say({ is: 'arrived' })
    for (let pause = 300; !this.stopped; pause = Math.min(2000, pause * 1.4)) {
      try {
        const p = await uploadProgress(this.kept!.upload)
        if (p.step === 'ready' || p.step === 'rejected') return this.finish(p.step, p.reason ?? '')
        this.say({ is: 'told', step: p.step, percent: p.percent, sent: p.offset, reason: '' })
        if (p.step === 'uploading') return // Its file must be chosen again.
      } catch (err) {
        if (err instanceof ApiError && err.status < 500 && err.code !== 'throttled') return this.refuse(err.reason)
      }
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }

  private finish(step: 'ready' | 'rejected', reason: string): void {
    if (this.kept) forget(this.kept.upload)
    this.say({ is: 'told', step, percent: 100, sent: 0, reason })
    if (step === 'ready') this.settle.good(this.media)
    else this.settle.bad(new UploadError(reason))
  }
}

export interface Running {
  /** Settles with the id of what was sent. */
  done: Promise<string>
  abort(): void
}

/** Sends one file, for who only wants to know how much of it is there. */
export function upload(file: File, purpose: Purpose, progress: (part: number) => void, kind: Kind = 'picture'): Running {
  const s = new Sending(file, { purpose, kind }, (h) => {
    if (h.is === 'moved') progress(file.size ? h.sent / file.size : 0)
  })
  return { done: s.done, abort: () => s.cancel() }
}
