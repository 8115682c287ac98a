import type { Hint } from '@meadow/api'

const said: Record<string, string> = { following: 'following', author: 'author', pool: 'new', fresh: 'new' }
const because = ['covisit', 'neighbour', 'walk', 'content']

/** The message that says why a card is there, or "" where nothing is worth saying. */
export function hintOf(hint: Hint | undefined): '' | 'following' | 'author' | 'new' | 'topic' | 'because' {
  if (!hint) return ''
  if (hint.source === 'topic') return hint.topic ? 'topic' : ''
  if (because.includes(hint.source)) return hint.title ? 'because' : ''
  return (said[hint.source] ?? '') as ReturnType<typeof hintOf>
}
