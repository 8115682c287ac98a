import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** How far a finger must pull before it refreshes, in pixels. */
export const enough = 50

/** Follows a finger that pulls the page down from its top; calls back if it went far enough. */
export function usePull(refresh: () => void, active: Ref<boolean>): Ref<number> {
  const pulled = ref(0)
  let from: number | null = null
  let far = 0

  const start = (e: TouchEvent) => {
    from = active.value && scrollY <= 0 ? e.touches[0]!.clientY : null
  }
  const move = (e: TouchEvent) => {
    if (from === null) return
    far = e.touches[0]!.clientY - from
    // It yields less the further it goes.
    pulled.value = Math.min(90, Math.max(0, far * 0.7))
  }
  const end = () => {
    if (from !== null && far > enough) refresh()
    from = null
    far = 0
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
