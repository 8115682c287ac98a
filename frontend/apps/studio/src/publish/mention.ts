/** The name that is being typed after an "@" before the caret, or null. */
export function asked(text: string, caret: number): string | null {
  const m = /(?:^|[\s，。、！？（(])@([^\s@]{1,40})$/u.exec(text.slice(0, caret))
  return m ? m[1]! : null
}

/** The text with that name written out, and where the caret is after it. */
export function named(text: string, caret: number, name: string): { text: string; caret: number } {
  const typed = asked(text, caret) ?? ''
  const start = caret - typed.length
  const put = `${name} `
  return { text: text.slice(0, start) + put + text.slice(caret).replace(/^ /, ''), caret: start + put.length }
}
