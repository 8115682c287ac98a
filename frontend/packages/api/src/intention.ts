/**
 * One thing that somebody means to happen once: to place this order, to publish
 * this post. Its key stays the same through retries, double clicks and lost
 * answers, and changes when what is asked for changes.
 */
export class Intention {
  private key = ''
  private what = ''

  constructor(private readonly fresh: () => string = () => crypto.randomUUID()) {}

  /** The key to send with this request. */
  keyFor(request: unknown): string {
    const what = JSON.stringify(request)
    if (!this.key || what !== this.what) {
      this.key = this.fresh()
      this.what = what
    }
    return this.key
  }

  /** Says that it happened: the next request is a new intention. */
  done(): void {
    this.key = ''
  }
}
