import { inject, type ComputedRef, type InjectionKey, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Draft } from './draft'
import type { Goods } from './goods'

/** What the parts of a campaign's form share. */
export interface Form {
  draft: Draft
  wrong: ComputedRef<Record<string, string>>
  /** Errors are shown once somebody tried to save. */
  tried: Ref<boolean>
  locked: ComputedRef<boolean>
  goods: Goods
  currency: ComputedRef<string>
  /** Whether it is the platform's, which only operators make. */
  platform: boolean
}
export const formKey: InjectionKey<Form> = Symbol('campaign')

export function useForm() {
  const form = inject(formKey)!
  const { t } = useI18n()
  const error = (key: string) => (form.tried.value && form.wrong.value[key] ? t(`till.promo.wrong.${form.wrong.value[key]}`) : undefined)
  return { ...form, error }
}
