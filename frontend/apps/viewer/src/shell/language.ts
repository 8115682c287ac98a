import { api, me, type Locale } from '@meadow/api'
import type { Languages } from '@meadow/i18n'
import { inject, type InjectionKey } from 'vue'

export const languagesKey: InjectionKey<Languages> = Symbol('languages')

/** Switches the language here and, for who is signed in, everywhere. */
export function useLanguage(): (locale: Locale) => Promise<void> {
  const languages = inject(languagesKey)!
  return async (locale) => {
    await languages.use(locale, true)
    if (!me.value || me.value.locale === locale) return
    me.value = { ...me.value, locale }
    await api.changeMe({ locale }).catch(() => undefined) // the device keeps the choice
  }
}
