import { reasons, type Reason } from '@meadow/api/studio'

/** What a key means at the desk; reasons are chosen by 1 to 9. */
export type Command = { is: 'approve' } | { is: 'limit' } | { is: 'reject' } | { is: 'escalate' } | { is: 'skip' } | { is: 'undo' } | { is: 'help' } | { is: 'show' } | { is: 'reason'; reason: Reason }

/** The nine reasons that have a key, the most usual ones. */
export const keyed: readonly Reason[] = reasons.slice(0, 9)

const letters: Record<string, Command> = { a: { is: 'approve' }, l: { is: 'limit' }, r: { is: 'reject' }, e: { is: 'escalate' }, s: { is: 'skip' }, u: { is: 'undo' }, b: { is: 'show' }, '?': { is: 'help' } }

interface Pressed { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean; isComposing?: boolean; repeat?: boolean; target: unknown }

/** Whether somebody writes into a field, where letters are letters. */
export function typing(target: unknown): boolean {
  const e = target as { tagName?: string; type?: string; isContentEditable?: boolean } | null
  if (!e?.tagName) return false
  if (e.isContentEditable || e.tagName === 'TEXTAREA' || e.tagName === 'SELECT') return true
  return e.tagName === 'INPUT' && !['checkbox', 'radio', 'button'].includes(e.type ?? 'text')
}

/** The command that was pressed, or null. */
export function commandOf(e: Pressed): Command | null {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.repeat || typing(e.target)) return null
  const n = Number(e.key)
  if (e.key >= '1' && e.key <= '9' && e.key.length === 1) return { is: 'reason', reason: keyed[n - 1]! }
  return letters[e.key.toLowerCase()] ?? null
}
