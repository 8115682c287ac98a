import { me } from '@meadow/api'
import { computed, shallowRef } from 'vue'

/** What a screen must know of somebody's choices before it can ask for them. */
interface Mine {
  user: string
  home?: string
  place?: string
  dense?: boolean
}

const shelf = 'feed'

function read(): Mine {
  try {
    return { user: '', ...(JSON.parse(localStorage.getItem(shelf) ?? '{}') as object) }
  } catch {
    return { user: '' } // storage is switched off, or holds something else
  }
}

const kept = shallowRef(read())

/** The choices of whoever is here, as this device last heard of them. */
export const mine = computed<Omit<Mine, 'user'>>(() => (kept.value.user === (me.value?.id ?? '') ? kept.value : {}))

/** Remembers choices for whoever is here. */
export function keepMine(now: Omit<Mine, 'user'>): void {
  kept.value = { ...mine.value, ...now, user: me.value?.id ?? '' }
  try {
    localStorage.setItem(shelf, JSON.stringify(kept.value))
  } catch {
    // They last as long as the page.
  }
}
