import type { Suggestion } from '@meadow/api'

/** How long the keys rest before somebody is asked; with the way there and back, well below what is noticed. */
export const rest = 60
const kept = 60

type Ask = (text: string, signal: AbortSignal) => Promise<{ items: Suggestion[] }>

/**
 * Asks what a text may become, once the keys rest. An answer that is late is
 * dropped, one that is known is not asked for again, and while an input method
 * composes nobody is asked at all.
 */
export class Suggester {
  private timer: ReturnType<typeof setTimeout> | undefined
  private asking: AbortController | undefined
  private readonly known = new Map<string, Suggestion[]>()
  private composing = false

  constructor(
    private readonly ask: Ask,
    private readonly show: (items: Suggestion[], text: string) => void,
  ) {}

  compose(on: boolean): void {
    this.composing = on
    if (on) this.stop()
  }

  type(text: string): void {
    if (this.composing) return
    this.stop()
    const wanted = text.trim().slice(0, 60)
    if (!wanted) return this.show([], '')
    const had = this.known.get(wanted)
    if (had) return this.show(had, wanted)
    this.timer = setTimeout(() => void this.look(wanted), rest)
  }

  stop(): void {
    clearTimeout(this.timer)
    this.asking?.abort()
    this.asking = undefined
  }

  private async look(text: string): Promise<void> {
    const mine = (this.asking = new AbortController())
    try {
      const { items } = await this.ask(text, mine.signal)
      if (this.known.size >= kept) this.known.delete(this.known.keys().next().value!)
      this.known.set(text, items)
      if (this.asking === mine) this.show(items, text)
    } catch {
      // Whoever types on is not stopped; an old list would mislead.
      if (this.asking === mine) this.show([], text)
    }
  }
}
