import { computed, ref } from 'vue'
import { api } from './api'
import { boot } from './boot'
import type { Role, User } from './types'

/** Who is signed in; null is a visitor. */
export const me = ref<User | null>(boot.me ?? null)

/** Settles once it is known who is signed in. */
export const known: Promise<void> =
  boot.me !== undefined
    ? Promise.resolve()
    : api.me().then(
        (u) => void (me.value = u),
        () => undefined, // a visitor, or no answer: both read as a visitor
      )

/** Whether whoever is signed in may act as role. */
export function useRole(role: Role) {
  return computed(() => me.value?.roles.includes(role) ?? false)
}
