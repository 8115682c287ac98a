/** What rows are searched and sorted by. */
interface Of<T> {
  key: string
  text: (row: T) => string
  sort?: (row: T) => string | number
}

/** The rows that hold every word of q in one of their columns, whatever the case. */
export function searched<T>(rows: readonly T[], q: string, columns: readonly Of<T>[]): T[] {
  const words = q.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return [...rows]
  return rows.filter((r) => {
    const text = columns.map((c) => c.text(r)).join('\n').toLocaleLowerCase()
    return words.every((w) => text.includes(w))
  })
}

/** The rows by a column: "price" upwards, "-price" downwards; equals stay in order. */
export function sorted<T>(rows: readonly T[], by: string, columns: readonly Of<T>[]): T[] {
  const down = by.startsWith('-')
  const value = columns.find((c) => c.key === (down ? by.slice(1) : by))?.sort
  if (!value) return [...rows]
  const compare = (a: string | number, b: string | number) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true }))
  return rows.toSorted((a, b) => (down ? -1 : 1) * compare(value(a), value(b)))
}

/** Rows as comma-separated values. A cell that a spreadsheet would run is quoted as words. */
export function csv(lines: readonly (readonly string[])[]): string {
  const cell = (v: string) => {
    const safe = /^[=+@\t\r]/.test(v) || /^-(?![\d.,]+$)/.test(v) ? `'${v}` : v
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return lines.map((l) => l.map(cell).join(',')).join('\r\n') + '\r\n'
}

/** Hands a text to whoever sits there, as a file. The mark lets spreadsheets read it as UTF-8. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv;charset=utf-8' }))
  const a = document.createElement('a')
  a.href = url
  a.download = name
  a.click()
  URL.revokeObjectURL(url)
}
