import type { SeenEvent, SeenKind, Source } from '@meadow/api'
import { social } from '@meadow/api/social'

/** The most that one report holds, and how long it waits to be full. */
const most = 50
const wait = 5000

/** What a screen saw, gathered into few reports. */
export class Reporter {
  private events: SeenEvent[] = []
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly send: (events: SeenEvent[]) => Promise<unknown>,
    private readonly fresh: () => string = () => crypto.randomUUID(),
  ) {}

  add(kind: SeenKind, post: string, source: Source, more: Pick<SeenEvent, 'product' | 'ms' | 'percent'> = {}): void {
    this.events.push({ id: this.fresh(), kind, post, source, ...more })
    if (this.events.length >= most) this.flush()
    else this.timer ??= setTimeout(() => this.flush(), wait)
  }

  /** Sends what is there. What does not arrive is lost: a count is not worth a nag. */
  flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    while (this.events.length) void this.send(this.events.splice(0, most)).catch(() => undefined)
  }
}

/** A word that tells visitors apart, for as long as their tab is open. */
function visitor(): string {
  try {
    const kept = sessionStorage.getItem('visit') ?? crypto.randomUUID()
    sessionStorage.setItem('visit', kept)
    return kept
  } catch {
    return ''
  }
}

export const reporter = new Reporter((events) => social.seen(events, visitor()))
addEventListener('pagehide', () => reporter.flush())
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') reporter.flush()
})
