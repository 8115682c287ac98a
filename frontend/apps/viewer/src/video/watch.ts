import type { SeenEvent, SeenKind } from '@meadow/api'

type More = Pick<SeenEvent, 'product' | 'ms' | 'percent'>
type Tell = (kind: SeenKind, post: string, more?: More) => void
const day = 86_400_000

/**
 * What becomes of one video while it is the present one: that it was shown, that
 * it played, and in the end for how long and how far. Time in which it stands
 * still does not count.
 */
export class Watch {
  private looked = 0
  private since: number | undefined
  private far = 0
  private played = false
  private over = false

  constructor(
    readonly post: string,
    private readonly tell: Tell,
    private readonly now: () => number = () => performance.now(),
  ) {
    tell('impression', post)
  }

  plays(): void {
    if (this.over) return
    if (!this.played) this.tell('view', this.post)
    this.played = true
    this.since ??= this.now()
  }

  rests(): void {
    if (this.since !== undefined) this.looked += this.now() - this.since
    this.since = undefined
  }

  reached(percent: number): void {
    this.far = Math.max(this.far, percent)
  }

  clicked(product: string): void {
    this.tell('click', this.post, { product })
  }

  /** Says how it was watched: once, however often it is left. */
  ends(): void {
    this.rests()
    if (this.over) return
    this.over = true
    if (this.played) this.tell('dwell', this.post, { ms: Math.min(day, Math.round(this.looked)), percent: this.far })
  }
}
