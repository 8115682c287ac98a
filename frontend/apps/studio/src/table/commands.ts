import type { IconName } from '@meadow/ui'
import { onBeforeUnmount, shallowReactive, shallowRef } from 'vue'

/** Something that the command bar offers. */
export interface Command {
  key: string
  label: string
  icon?: IconName
  /** Where it leads, or what it does. */
  to?: string
  run?: () => void
  /** Other words that find it. */
  words?: string
}

/** What the pages on the screen offer besides the ways to others. */
export const commands = shallowReactive(new Map<symbol, () => Command[]>())
/** Whether the bar is open. */
export const commanding = shallowRef(false)

/** Offers commands as long as a component is on the screen. */
export function useCommands(list: () => Command[]): void {
  const mark = Symbol('commands')
  commands.set(mark, list)
  onBeforeUnmount(() => commands.delete(mark))
}

/** The commands that hold every typed word, those that begin with the first of them first. */
export function foundCommands(all: readonly Command[], typed: string): Command[] {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const text = (c: Command) => `${c.label} ${c.words ?? ''}`.toLocaleLowerCase()
  const hit = all.filter((c) => words.every((w) => text(c).includes(w)))
  return hit.toSorted((a, b) => Number(text(b).startsWith(words[0] ?? '')) - Number(text(a).startsWith(words[0] ?? '')))
}
