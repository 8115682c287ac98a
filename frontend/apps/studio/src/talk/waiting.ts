/** How long somebody waits, and whether that is too long: a question should be answered within a day. */
export function waiting(nanoseconds: number): { seconds: number; late: boolean } {
  const seconds = Math.floor(nanoseconds / 1e9)
  return { seconds, late: seconds >= 86_400 }
}

/** Words as typed, apart, each once, at most 200. */
export function wordsOf(typed: string): string[] {
  return [...new Set(typed.split(/[\n,，、]+/u).map((w) => w.trim()).filter(Boolean))].slice(0, 200)
}
