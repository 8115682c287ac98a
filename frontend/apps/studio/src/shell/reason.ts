import { useI18n } from 'vue-i18n'

/** A moderator's reason in words. */
export function useReason(): (reason: string | undefined) => string {
  const { t, te } = useI18n()
  return (reason) => (reason ? (te(`studio.reason.${reason}`) ? t(`studio.reason.${reason}`) : reason) : '')
}
