import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** How far a pull must go before it refreshes. */
export const enough = 50

/** Follows a finger that pulls the page down from its top; calls back if it went far enough. */
export function usePull(refresh: () => void, active: Ref<boolean>): Ref<number> {
  const pulled = ref(0)
  let from: number | null = null

  const start = (e: TouchEvent) => {
    from = active.value && scrollY <= 0 ? e.touches[0]!.clientY : null
  }
  const move = (e: TouchEvent) => {
    if (from !== null) pulled.value = Math.min(110, Math.max(0, (e.touches[0]!.clientY - from) * 0.55))
  }
  const end = () => {
    if (pulled.value > enough) refresh()
    from = null
    pulled.value = 0
  }
  onMounted(() => {
    addEventListener('touchstart', start, { passive: true })
    addEventListener('touchmove', move, { passive: true })
    addEventListener('touchend', end)
    addEventListener('touchcancel', end)
  })
  onBeforeUnmount(() => {
    removeEventListener('touchstart', start)
    removeEventListener('touchmove', move)
    removeEventListener('touchend', end)
    removeEventListener('touchcancel', end)
  })
  return pulled
}
