import { ApiError } from '@meadow/api'
import { toast } from '@meadow/ui'
import { useI18n } from 'vue-i18n'

/** Where the words for a reason may be. */
const groups = ['error', 'studio.error', 'shop.error', 'till.error']

/** What to tell people about an error, in their language where we know the reason. */
export function useErrorText(): (err: unknown) => string {
  const { t, te } = useI18n()
  return (err) => {
    if (!(err instanceof ApiError)) return t('error.offline')
    for (const group of groups) if (te(`${group}.${err.reason}`)) return t(`${group}.${err.reason}`)
    return err.message || t('error.internal')
  }
}

/** Runs something, and says what went wrong; undefined is returned then. */
export function useAct(): <T>(run: () => Promise<T>) => Promise<T | undefined> {
  const errorText = useErrorText()
  return async (run) => {
    try {
      return await run()
    } catch (err) {
      toast(errorText(err), 'bad')
      return undefined
    }
  }
}
