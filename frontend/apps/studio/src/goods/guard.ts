import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'
import { onBeforeRouteLeave, useRouter } from 'vue-router'

/** Keeps somebody from leaving a page with changes that they have not saved, unless they say so. */
export function useGuard(changed: Ref<boolean>) {
  const router = useRouter()
  const leaving = ref<(() => void) | null>(null)
  let sure = false
  const unload = (e: BeforeUnloadEvent) => {
    if (changed.value) e.preventDefault()
  }
  onMounted(() => addEventListener('beforeunload', unload))
  onBeforeUnmount(() => removeEventListener('beforeunload', unload))
  onBeforeRouteLeave((to) => {
    if (sure || !changed.value) return true
    leaving.value = () => {
      sure = true
      leaving.value = null
      void router.push(to.fullPath)
    }
    return false
  })
  return leaving
}
