import { useI18n } from 'vue-i18n'

/** When something that is paid for now should arrive, in words. */
export function useArrival(): (earliest: number, latest: number, now?: number) => string {
  const { t, locale } = useI18n()
  return (earliest, latest, now = Date.now()) => {
    const day = (n: number) => new Date(now + n * 86_400_000)
    const f = new Intl.DateTimeFormat(locale.value, { month: 'short', day: 'numeric' })
    return t('buy.arrives', { when: earliest === latest ? f.format(day(latest)) : f.formatRange(day(earliest), day(latest)) })
  }
}
