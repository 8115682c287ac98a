/** How long a press is a long one, and how far it may move. */
const long = 500
const slack = 10

/** Follows a finger or pen that rests on something: then calls back. */
export function usePress(pressed: () => void): { on: Record<string, (e: Event) => void>; held: () => boolean } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let from = { x: 0, y: 0 }
  let was = false
  const stop = () => clearTimeout(timer)
  const on = {
    pointerdown: (e: Event) => {
      const p = e as PointerEvent
      was = false
      const button = (p.target as Element).closest('button')
      if (p.pointerType === 'mouse' || (button && button !== p.currentTarget)) return
      from = { x: p.clientX, y: p.clientY }
      timer = setTimeout(() => {
        was = true
        pressed()
      }, long)
    },
    pointermove: (e: Event) => {
      const p = e as PointerEvent
      if (Math.hypot(p.clientX - from.x, p.clientY - from.y) > slack) stop()
    },
    pointerup: stop,
    pointercancel: stop,
    // The browser's own menu for links would cover ours.
    contextmenu: (e: Event) => {
      if (['touch', 'pen'].includes((e as PointerEvent).pointerType)) e.preventDefault()
    },
  }
  const held = () => {
    const it = was
    was = false
    return it
  }
  return { on, held }
}
