import { ApiError, api, Intention, me } from '@meadow/api'
import { promo } from '@meadow/api/promo'
import { useQuery } from '@tanstack/vue-query'
import { computed, ref, watch } from 'vue'

/** Somebody's name, as everybody may see it. */
export function useName(user: () => string | undefined) {
  const { data } = useQuery({
    queryKey: computed(() => ['profile', user() ?? '']),
    queryFn: () => api.profile(user()!),
    enabled: computed(() => !!user()),
    staleTime: 5 * 60_000,
    retry: false,
  })
  return computed(() => data.value)
}

/**
 * Who came by somebody's link is invited by them: the bond is made once they
 * are signed in. What speaks against it is said on the page of invitations
 * only; the page that they came for opens anyhow.
 */
export function useInvited(token: () => string) {
  const intention = new Intention()
  const joined = ref(false)
  const refused = ref<unknown>(null)
  const { data: invitation, error, isPending } = useQuery({
    queryKey: computed(() => ['invitation', token()]),
    queryFn: () => promo.invitation(token()),
    enabled: computed(() => !!token()),
    staleTime: Infinity,
    retry: false,
  })
  const by = useName(() => invitation.value?.inviter)

  async function accept(): Promise<void> {
    const from = token()
    if (!from || !me.value || me.value.id === invitation.value?.inviter) return
    try {
      await promo.acceptInvite(from, intention.keyFor(from))
      joined.value = true
      refused.value = null
    } catch (err) {
      if (err instanceof ApiError) refused.value = err
    }
  }
  watch([() => me.value?.id, invitation], ([user, known]) => user && known && void accept(), { immediate: true })
  return { invitation, by, joined, refused, error, isPending, accept }
}

/** The address of a page with the invitation of whoever shares it. */
export async function sharedUrl(path: string): Promise<string> {
  const url = new URL(path, location.origin)
  if (me.value) {
    const link = await promo.inviteLink().catch(() => null) // the page's own address does as well
    if (link) url.searchParams.set('from', link.token)
  }
  return url.href
}
