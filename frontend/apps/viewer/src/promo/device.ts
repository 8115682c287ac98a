const key = 'device'

/** What this device is called; it keeps its name. */
export function device(): string {
  try {
    const kept = localStorage.getItem(key)
    if (kept) return kept
    const made = crypto.randomUUID()
    localStorage.setItem(key, made)
    return made
  } catch {
    return '' // storage is switched off
  }
}
