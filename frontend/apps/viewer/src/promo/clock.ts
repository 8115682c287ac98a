import { serverNow } from '@meadow/api/promo'
import { onBeforeUnmount, ref, watch, type Ref } from 'vue'

/** The parts of a span, largest first; days only where there are any. */
export function parts(ms: number): number[] {
  const s = Math.max(0, Math.ceil(ms / 1000))
  const [d, h, m] = [Math.floor(s / 86_400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60]
  return d > 0 ? [d, h, m, s % 60] : [h, m, s % 60]
}

/** How many milliseconds are left until an instant, by the server's clock; over is called once, when none are. */
export function useUntil(until: () => string | undefined, over?: () => void): Ref<number> {
  const left = ref(0)
  let told = ''
  const tick = () => {
    const at = until() ?? ''
    left.value = at ? Math.max(0, Date.parse(at) - serverNow()) : 0
    if (!at || left.value > 0 || told === at) return
    told = at
    over?.()
  }
  watch(until, tick, { immediate: true })
  const timer = setInterval(tick, 1000)
  onBeforeUnmount(() => clearInterval(timer))
  return left
}
