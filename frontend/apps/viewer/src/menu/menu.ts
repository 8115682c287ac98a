import type { Author, Card, Post } from '@meadow/api'
import { shallowRef } from 'vue'

export interface MenuFor {
  /** What the menu is about: a post in a list, or open. */
  post?: Card | Post
  /** Or a comment, or a person. */
  comment?: { id: string; author: Author }
  person?: Author
  /** Whether it was opened from a card. */
  card?: boolean
  /** What is chosen already. */
  at?: 'report' | 'why'
}

/** What the menu of further actions is open for. */
export const menuFor = shallowRef<MenuFor | null>(null)
