import { me } from '@meadow/api'
import { studioApi, type StaffOf } from '@meadow/api/studio'
import { useQuery } from '@tanstack/vue-query'
import { computed, ref, watch } from 'vue'

const shelf = 'acting'

function stored(): string {
  try {
    return sessionStorage.getItem(shelf) ?? ''
  } catch {
    return '' // storage is switched off
  }
}

/** Whose account the studio works for; "" is one's own. */
export const acting = ref(stored())
const known = ref<StaffOf[]>([])
export const actingName = computed(() => known.value.find((a) => a.account.id === acting.value)?.account.name ?? '')
export const actingRole = computed(() => known.value.find((a) => a.account.id === acting.value)?.role ?? '')
/** The id of the account whose things are shown. */
export const accountId = computed(() => acting.value || (me.value?.id ?? ''))
/** As a query's parameter: left out for one's own account. */
export const as = computed(() => (acting.value ? { as: acting.value } : {}))

export function actFor(account: string): void {
  acting.value = account
  try {
    sessionStorage.setItem(shelf, account)
  } catch {
    // It lasts as long as the page.
  }
}

/** Whom the caller works for. An account they were dismissed from is left. */
export function useAccounts() {
  const { data } = useQuery({ queryKey: ['accounts'], queryFn: studioApi.accounts, enabled: computed(() => me.value !== null), staleTime: 60_000 })
  const accounts = computed(() => data.value?.items ?? [])
  watch(accounts, (now) => {
    known.value = now
    if (data.value && acting.value && !now.some((a) => a.account.id === acting.value)) actFor('')
  }, { immediate: true })
  return accounts
}
