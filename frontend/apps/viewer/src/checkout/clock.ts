import { onBeforeUnmount, ref, type Ref } from 'vue'

/** How many milliseconds are left until an instant, once a second. */
export function useLeft(until: () => string): Ref<number> {
  const left = ref(0)
  const tick = () => {
    left.value = Math.max(0, Date.parse(until()) - Date.now())
  }
  tick()
  const timer = setInterval(tick, 1000)
  onBeforeUnmount(() => clearInterval(timer))
  return left
}
