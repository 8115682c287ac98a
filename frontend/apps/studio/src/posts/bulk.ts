import { toast } from '@meadow/ui'
import { computed, ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useErrorText } from '../shell/act'

/** Some of a list, and what is done with all of them at once. */
export function useBulk(ids: Ref<string[]>) {
  const { t } = useI18n()
  const errorText = useErrorText()
  const marked = ref(new Set<string>())
  const chosen = computed(() => ids.value.filter((id) => marked.value.has(id)))
  const all = computed({
    get: () => ids.value.length > 0 && chosen.value.length === ids.value.length,
    set: (on) => (marked.value = new Set(on ? ids.value : [])),
  })
  const busy = ref(false)

  function toggle(id: string, on: boolean): void {
    const next = new Set(marked.value)
    if (on) next.add(id)
    else next.delete(id)
    marked.value = next
  }

  /** Does it one after the other, says how it went, and keeps chosen what failed. */
  async function run(each: (id: string) => Promise<unknown>, done: (n: number) => string): Promise<void> {
    busy.value = true
    let n = 0
    let failure: unknown
    for (const id of chosen.value) {
      try {
        await each(id)
        toggle(id, false)
        n++
      } catch (err) {
        failure = err
      }
    }
    busy.value = false
    if (n) toast(done(n), 'good')
    if (failure) toast(t('studio.posts.someFailed', { n: chosen.value.length, why: errorText(failure) }), 'bad')
  }
  return { chosen, all, busy, toggle, run, has: (id: string) => marked.value.has(id) }
}
