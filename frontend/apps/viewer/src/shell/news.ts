import { me } from '@meadow/api'
import { social } from '@meadow/api/social'
import { watch } from 'vue'
import { askCart } from '../cart/cart'
import { unread } from './unread'

const every = 30_000
let timer: ReturnType<typeof setTimeout> | undefined

/** Asks how much is new, and again later: a page that nobody sees asks nothing. */
export async function askNews(): Promise<void> {
  clearTimeout(timer)
  if (!me.value || document.visibilityState !== 'visible') return
  try {
    unread.value = (await social.unread()).unread
  } catch {
    // The badge stays as it is; the next round asks again.
  }
  clearTimeout(timer)
  timer = setTimeout(() => void askNews(), every)
}

/** Keeps the badge up to date for whoever is signed in. */
export function followNews(): void {
  document.addEventListener('visibilitychange', () => void askNews())
  watch(
    () => me.value?.id,
    () => {
      unread.value = 0
      void askCart()
      void askNews()
    },
    { immediate: true },
  )
}
