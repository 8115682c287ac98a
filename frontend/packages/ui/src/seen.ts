import type { Directive } from 'vue'

const watchers = new WeakMap<Element, IntersectionObserver>()

/** v-seen calls back whenever an element comes within 1200 px of the screen. */
export const vSeen: Directive<HTMLElement, () => void> = {
  mounted(el, { value }) {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((e) => e.isIntersecting)) value()
      },
      { rootMargin: '1200px 0px' },
    )
    observer.observe(el)
    watchers.set(el, observer)
  },
  unmounted(el) {
    watchers.get(el)?.disconnect()
  },
}
