import { shopAhead } from '@meadow/api/client'
import { onBeforeUnmount, ref, type Ref } from 'vue'

/** How far a shop's clock is ahead of ours, from what it said the time was. */
export function aheadOf(now: string | undefined): number {
  const said = Date.parse(now ?? '')
  return Number.isFinite(said) ? said - Date.now() : 0
}

/**
 * How many milliseconds are left until an instant, once a second. The shop's clock
 * counts and not the device's: what an answer said the time was, or any answer.
 */
export function useLeft(until: () => string, ahead: () => number = shopAhead): Ref<number> {
  const left = ref(0)
  const tick = () => {
    left.value = Math.max(0, (Date.parse(until()) || 0) - Date.now() - ahead())
  }
  tick()
  const timer = setInterval(tick, 1000)
  onBeforeUnmount(() => clearInterval(timer))
  return left
}
