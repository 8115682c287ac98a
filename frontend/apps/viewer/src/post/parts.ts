import type { Mention } from '@meadow/api'

/** A piece of what somebody wrote: plain, a topic, or a person. */
export interface Part {
  text: string
  topic?: string
  person?: string
}

const topics = /(#[\p{L}\p{N}_]{1,40})/u

/**
 * Cuts a text where links begin and end. A person is whom a mention names with
 * "@" and their name then; of two names that fit, the longer one is meant.
 */
export function partsOf(text: string, mentions: readonly Mention[] = []): Part[] {
  const names = mentions.filter((m) => m.name).toSorted((a, b) => b.name.length - a.name.length)
  const out: Part[] = []
  const plain = (s: string) => {
    for (const piece of s.split(topics)) if (piece) out.push(piece.startsWith('#') && piece.length > 1 && topics.test(piece) ? { text: piece, topic: piece.slice(1) } : { text: piece })
  }
  let from = 0
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', Math.max(at + 1, from))) {
    const who = names.find((m) => text.startsWith(m.name, at + 1))
    if (!who) continue
    plain(text.slice(from, at))
    from = at + 1 + who.name.length
    out.push({ text: text.slice(at, from), person: who.id })
  }
  plain(text.slice(from))
  return out
}
