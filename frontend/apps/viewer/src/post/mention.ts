/** The name that somebody is writing after an "@", before the caret; null if none. */
export function mentionAt(text: string, caret: number): { from: number; name: string } | null {
  const before = text.slice(0, caret)
  const from = before.lastIndexOf('@')
  if (from < 0) return null
  const name = before.slice(from + 1)
  if (name.length > 20 || /[\s@#]/.test(name)) return null
  // An address is no mention.
  if (/[A-Za-z0-9._-]$/.test(before.slice(0, from))) return null
  return { from, name }
}

/** The text with a chosen name in place of what was being written, and the caret after it. */
export function withMention(text: string, caret: number, name: string): { text: string; caret: number } {
  const at = mentionAt(text, caret)
  if (!at) return { text, caret }
  const head = `${text.slice(0, at.from)}@${name} `
  return { text: head + text.slice(caret).replace(/^ /, ''), caret: head.length }
}
