import { ApiError, me, signInRequired } from '@meadow/api'
import { toast } from '@meadow/ui'
import { ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'

/** Whether the sign-in sheet is asked for, and who waits for its answer. */
export const signInAsked = ref(false)
const waiting = shallowRef<((signedIn: boolean) => void)[]>([])

/** Opens the sign-in sheet over whatever is there; true once somebody signed in. */
export function askSignIn(): Promise<boolean> {
  signInAsked.value = true
  return new Promise((resolve) => {
    waiting.value = [...waiting.value, resolve]
  })
}

export function answerSignIn(signedIn: boolean): void {
  signInAsked.value = false
  const all = waiting.value
  waiting.value = []
  all.forEach((resolve) => resolve(signedIn))
}

/** What to tell people about an error, in their language where we know the reason. */
export function useErrorText(): (err: unknown) => string {
  const { t, te } = useI18n()
  return (err) => {
    if (!(err instanceof ApiError)) return t('error.offline')
    if (te(`error.${err.reason}`)) return t(`error.${err.reason}`)
    return err.message || t('error.internal')
  }
}

/**
 * Runs what needs an account: a visitor is asked to sign in first, and what they
 * meant is done after. Errors are said; undefined is returned for them.
 */
export function useAct(): <T>(run: () => Promise<T>) => Promise<T | undefined> {
  const errorText = useErrorText()
  return async (run) => {
    if (!me.value && !(await askSignIn())) return undefined
    try {
      return await run()
    } catch (err) {
      if (signInRequired(err)) {
        me.value = null
        if (await askSignIn()) return await run().catch((again: unknown) => void toast(errorText(again), 'bad'))
        return undefined
      }
      toast(errorText(err), 'bad')
      return undefined
    }
  }
}
