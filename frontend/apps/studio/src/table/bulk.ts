import { toast } from '@meadow/ui'
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useErrorText } from '../shell/act'

/** What is done with many rows at once. */
export interface BulkAction<T> {
  key: string
  label: string
  /** Done with each row, one after the other. What it throws is said, and its row stays chosen. */
  each: (row: T) => Promise<unknown>
  /** Asks for what it needs first; false ends it. */
  before?: (rows: T[]) => Promise<boolean> | boolean
  /** Asked before, where it cannot be taken back. */
  sure?: (n: number) => string
  /** Which rows it can be done with; the rest are left out. */
  fits?: (row: T) => boolean
}

/** Runs bulk actions and keeps count. */
export function useBulkRun<T>(id: (row: T) => string, chosen: Map<string, T>, after: () => unknown) {
  const { t } = useI18n()
  const errorText = useErrorText()
  const running = ref('')
  const at = ref(0)
  const of = ref(0)
  async function run(a: BulkAction<T>): Promise<void> {
    const rows = [...chosen.values()].filter((r) => a.fits?.(r) ?? true)
    if (running.value || !rows.length || (a.before && !(await a.before(rows)))) return
    running.value = a.key
    at.value = 0
    of.value = rows.length
    let failure: unknown
    let failed = 0
    for (const row of rows) {
      try {
        await a.each(row)
        chosen.delete(id(row))
      } catch (err) {
        failure = err
        failed++
      }
      at.value++
    }
    running.value = ''
    if (of.value > failed) toast(t('table.bulkDone', { what: a.label, n: of.value - failed }), 'good')
    if (failed) toast(t('table.bulkFailed', { n: failed, why: errorText(failure) }), 'bad')
    await after()
  }
  return { running, at, of, run }
}
