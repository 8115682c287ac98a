import { ApiError } from '@meadow/api'
import { toast } from '@meadow/ui'
import { useI18n } from 'vue-i18n'

/** What to tell people about an error, in their language where we know the reason. */
export function useErrorText(): (err: unknown) => string {
  const { t, te } = useI18n()
  return (err) => {
    if (!(err instanceof ApiError)) return t('error.offline')
    if (te(`error.${err.reason}`)) return t(`error.${err.reason}`)
    if (te(`studio.error.${err.reason}`)) return t(`studio.error.${err.reason}`)
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
