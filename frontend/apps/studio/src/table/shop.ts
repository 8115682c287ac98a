import { me } from '@meadow/api'
import { client } from '@meadow/api/client'
import { shopApi, type Duty, type MyShop } from '@meadow/api/shop'
import { useQuery } from '@tanstack/vue-query'
import { computed, ref, watch } from 'vue'

const shelf = 'shop'

function stored(): string {
  try {
    return sessionStorage.getItem(shelf) ?? ''
  } catch {
    return '' // storage is switched off
  }
}

/** The shop that is worked for, where it is not one's own. */
export const shop = ref(stored())

export function workFor(id: string): void {
  shop.value = id
  try {
    sessionStorage.setItem(shelf, id)
  } catch {
    // It lasts as long as the page.
  }
}

// What is one's own, whoever one works for.
const own = /^\/api\/v1\/(account|csrf|me\/shops|accounts|drafts|works|posts)\b/
client.use({
  onRequest({ request }) {
    if (shop.value && !own.test(new URL(request.url).pathname)) request.headers.set('X-Meadow-Shop', shop.value)
    return request
  },
})

const known = ref<MyShop[]>([])
/** The shops one may work for: one's own and those that have hired one. */
export function useShops() {
  const { data } = useQuery({ queryKey: ['my-shops', computed(() => me.value?.merchant ?? '')], queryFn: shopApi.myShops, enabled: computed(() => me.value !== null), staleTime: 60_000 })
  watch(data, (now) => {
    if (!now) return
    known.value = now.items
    const active = now.items.filter((s) => s.state === 'active')
    if (shop.value && !active.some((s) => s.merchant === shop.value)) workFor('')
    // Who has no shop of their own works for the one that hired them.
    if (!shop.value && !me.value?.merchant && active[0]) workFor(active[0].merchant)
  }, { immediate: true })
  return {
    /** Those that one may work for now. */
    shops: computed(() => known.value.filter((s) => s.state === 'active')),
    invitations: computed(() => known.value.filter((s) => s.state === 'invited')),
    loaded: computed(() => data.value !== undefined),
  }
}

/** The id of the shop that is worked for, one's own or another's; "" if there is none. */
export const shopId = computed(() => shop.value || me.value?.merchant || '')

/** Whether one may do something for the shop: its owner may do all. */
export function may(duty: Duty): boolean {
  const s = known.value.find((x) => x.merchant === shopId.value)
  return s ? s.owner || s.duties.includes(duty) : Boolean(me.value?.merchant) && !shop.value
}
