import { onBeforeUnmount, onMounted, type Ref } from 'vue'

/**
 * Keeps where the list is scrolled to and which video is the present one in
 * step: the one that fills more than half of the stage.
 */
export function useStage(list: Ref<HTMLElement | null>, at: Ref<number>, count: () => number) {
  let aim = -1 // where a step under way leads
  let height = 0
  let sizes: ResizeObserver | undefined

  function scrolled(): void {
    const l = list.value
    if (!l || l.clientHeight !== height || !height) return // what is being resized is put right after
    const there = Math.round(l.scrollTop / height)
    if (Math.abs(l.scrollTop - aim * height) < 2) aim = -1
    if (there === at.value) return
    const inside = l.contains(document.activeElement) && document.activeElement !== l
    at.value = there
    // Who was at a button of the last one would be nowhere.
    if (inside) requestAnimationFrame(() => l.querySelectorAll<HTMLElement>('.reel-slide')[there]?.focus({ preventScroll: true }))
  }

  function go(i: number, smooth = true): void {
    const l = list.value
    if (!l) return
    const calm = !smooth || matchMedia('(prefers-reduced-motion: reduce)').matches
    aim = Math.min(count(), Math.max(0, i))
    l.scrollTo({ top: aim * l.clientHeight, behavior: calm ? 'instant' : 'smooth' })
  }

  /** One further or back; from where a step under way leads. */
  const step = (by: number) => go((aim >= 0 ? aim : at.value) + by)

  onMounted(() => {
    const l = list.value!
    height = l.clientHeight
    l.addEventListener('scroll', scrolled, { passive: true })
    sizes = new ResizeObserver(() => {
      if (l.clientHeight === height) return
      height = l.clientHeight
      l.scrollTo({ top: at.value * height, behavior: 'instant' })
    })
    sizes.observe(l)
  })
  onBeforeUnmount(() => {
    list.value?.removeEventListener('scroll', scrolled)
    sizes?.disconnect()
  })
  return { go, step }
}
