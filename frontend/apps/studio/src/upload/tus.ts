import { api } from '@meadow/api'
import { DetailedError, Upload } from 'tus-js-client'
import { mediaOf } from './media'

/** What the media role takes, told to people before they pick. */
export const maxBytes = 20 * 1024 * 1024
export const accepted = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

export interface Running {
  /** Settles with the picture's id. */
  done: Promise<string>
  abort(): void
}

/** An upload that was refused, by the reason of the refusal where there is one. */
export class UploadError extends Error {
  constructor(readonly reason: string) {
    super(reason)
  }
}

function reasonOf(err: Error): string {
  const body = err instanceof DetailedError ? err.originalResponse?.getBody() : ''
  try {
    return (JSON.parse(body ?? '') as { error: { reason: string } }).error.reason
  } catch {
    return 'upload_failed'
  }
}

/**
 * Sends one file to the media role by the tus protocol: a ticket says where and
 * proves that we may; the answer to the last byte names the picture, or its id
 * follows from the upload's.
 */
export function upload(file: File, purpose: 'post' | 'avatar' | 'product', progress: (part: number) => void): Running {
  let running: Upload | undefined
  let aborted = false

  async function run(): Promise<string> {
    const ticket = await api.upload({ purpose, bytes: file.size })
    if (aborted) throw new UploadError('aborted')
    return new Promise((resolve, reject) => {
      let media = ''
      running = new Upload(file, {
        endpoint: ticket.url,
        headers: { Authorization: `Bearer ${ticket.token}` },
        metadata: { filename: file.name, filetype: file.type },
        retryDelays: [0, 1000, 3000, 6000],
        storeFingerprintForResuming: false,
        onProgress: (sent, all) => progress(all ? sent / all : 0),
        onAfterResponse: (_request, answer) => {
          media = answer.getHeader('Meadow-Media') || media
        },
        onSuccess: () => resolve(media || mediaOf(ticket.upload)),
        onError: (err) => reject(new UploadError(reasonOf(err))),
      })
      running.start()
    })
  }
  return {
    done: run(),
    abort() {
      aborted = true
      void running?.abort()
    },
  }
}
