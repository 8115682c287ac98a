import { api, type Order, type OrderState, type Payment, type PaymentState } from '@meadow/api'
import { useQueryClient } from '@tanstack/vue-query'
import { computed, onBeforeUnmount, onMounted, ref, watch } from 'vue'

export type PayState = 'pending' | 'success' | 'failed' | 'closed' | 'held'

/** What a shopper is told, from what the order and the payment say. */
export function payState(order: OrderState, payment?: PaymentState): PayState {
  if (order === 'paid') return 'success'
  if (payment === 'frozen') return 'held'
  if (order !== 'unpaid') return 'closed'
  return payment === 'failed' || payment === 'returned' ? 'failed' : 'pending'
}

/** Follows an order and its payment until they stand still. */
export function usePayment(order: () => Order, payment: () => Payment | undefined) {
  const queries = useQueryClient()
  const latest = ref<{ order?: Order; payment?: Payment }>({})
  const current = computed(() => latest.value.order ?? order())
  const state = computed(() => payState(current.value.state, latest.value.payment?.state ?? payment()?.state))

  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let waited = 1500

  async function check(): Promise<void> {
    clearTimeout(timer)
    const p = payment()
    try {
      const confirmed = p && (await api.confirm(p.id))
      const now = await api.order(order().id)
      if (stopped || payment()?.id !== p?.id) return
      latest.value = { order: now, payment: confirmed }
      queries.setQueryData(['order', now.id], now)
      if (state.value !== 'pending') {
        void queries.invalidateQueries({ queryKey: ['orders'] })
        return
      }
    } catch {
      // The line is down or the shop is busy: the next look will tell.
    }
    waited = Math.min(8000, waited * 1.3)
    if (!stopped) timer = setTimeout(check, document.hidden ? 8000 : waited)
  }

  // Whoever comes back from the provider's tab wants to know at once.
  const back = () => {
    if (!document.hidden && state.value === 'pending') {
      waited = 1500
      void check()
    }
  }
  watch(
    () => payment()?.id,
    () => {
      latest.value = { order: latest.value.order }
      waited = 1500
      if (payment()) void check()
    },
  )
  onMounted(() => {
    document.addEventListener('visibilitychange', back)
    if (payment()) void check()
  })
  onBeforeUnmount(() => {
    stopped = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', back)
  })
  return { state, order: current, check }
}
