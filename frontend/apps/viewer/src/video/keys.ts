/** What a key does in the feed of videos. */
export type Move =
  | 'previous' | 'next' | 'back' | 'ahead' | 'pause' | 'like' | 'comments' | 'collect' | 'follow' | 'author' | 'refuse'
  | 'clean' | 'follow_on' | 'copy' | 'wide' | 'full' | 'mini' | 'mute' | 'bullets' | 'keys'

/** The keys in the order in which their list shows them. */
export const keys: readonly (readonly [key: string, move: Move])[] = [
  ['ArrowUp', 'previous'], ['ArrowDown', 'next'], ['ArrowLeft', 'back'], ['ArrowRight', 'ahead'], [' ', 'pause'],
  ['m', 'mute'], ['z', 'like'], ['x', 'comments'], ['c', 'collect'], ['v', 'copy'], ['g', 'follow'], ['f', 'author'],
  ['r', 'refuse'], ['j', 'clean'], ['k', 'follow_on'], ['h', 'wide'], ['y', 'full'], ['u', 'mini'], ['b', 'bullets'], ['?', 'keys'],
]
const moves = new Map(keys)

interface Pressed {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  isComposing: boolean
  defaultPrevented: boolean
}
/** Where a key was pressed, as far as it matters. */
export type Where = 'page' | 'typing' | 'slider' | 'button' | 'panel'

/** Says where an element is: keys mean something else while one types. */
export function whereIs(at: Element | null): Where {
  if (!at) return 'page'
  if (at.closest('input[type=range]')) return 'slider'
  if (at.closest('input,textarea,select,[contenteditable=""],[contenteditable=true],[role=listbox],[role=combobox],[role=radio]')) return 'typing'
  if (at.closest('button,a')) return at.closest('.reel-panel') ? 'panel' : 'button'
  return at.closest('.reel-panel') ? 'panel' : 'page'
}

/** What a key is to do there, if it is the feed's at all. */
export function moveOf(e: Pressed, where: Where): Move | undefined {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.defaultPrevented || where === 'typing') return undefined
  const move = moves.get(e.key.length === 1 ? e.key.toLowerCase() : e.key)
  const arrow = e.key.startsWith('Arrow')
  // A slider moves by arrows, a list beside scrolls by them, and a button is pressed by the space bar.
  if (where === 'slider' && arrow) return undefined
  if (where === 'panel' && (arrow || e.key === ' ')) return undefined
  if (where === 'button' && e.key === ' ') return undefined
  return move
}
