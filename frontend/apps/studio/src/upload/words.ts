import type { Line } from '@meadow/api/upload'
import { percentOf, secondsLeft, speed } from '@meadow/api/upload'
import { useI18n } from 'vue-i18n'
import { useErrorText } from '../shell/act'

/** A number of bytes for people: 3.4 MB. */
export function bytes(n: number, locale: string): string {
  const [unit, size] = n >= 1 << 30 ? (['gigabyte', 1 << 30] as const) : n >= 1 << 20 ? (['megabyte', 1 << 20] as const) : (['kilobyte', 1 << 10] as const)
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: n >= 1 << 20 && n / size < 100 ? 1 : 0 }).format(n / size)
}

/** A length of time in its largest fitting unit: 40 s, 3 min. */
export function about(seconds: number, locale: string): string {
  const [unit, size] = seconds >= 86_400 ? (['day', 86_400] as const) : seconds >= 3600 ? (['hour', 3600] as const) : seconds >= 60 ? (['minute', 60] as const) : (['second', 1] as const)
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 }).format(Math.ceil(seconds / size))
}

/** What to say of a file on its way. */
export function useLineText(): (l: Line) => string {
  const { t, te, locale } = useI18n()
  const errorText = useErrorText()
  return (l) => {
    const n = percentOf(l)
    switch (l.step) {
      case 'uploading': {
        const [fast, left] = [speed(l), secondsLeft(l)]
        const parts = [t('studio.files.uploading', { n })]
        if (fast > 0) parts.push(t('studio.files.speed', { amount: bytes(fast, locale.value) }))
        if (left !== null) parts.push(t('studio.files.left', { time: about(left, locale.value) }))
        return parts.join(' · ')
      }
      case 'rejected':
        if (te(`studio.error.${l.reason}`)) return t(`studio.error.${l.reason}`)
        return te(`error.${l.reason}`) ? t(`error.${l.reason}`) : errorText(null)
      default:
        return t(`studio.files.${l.step}`, { n })
    }
  }
}

/** Refusals that the same file would meet again. */
const hopeless = new Set(['not_a_picture', 'not_a_video', 'not_captions', 'heic', 'too_large', 'too_many_pixels', 'broken_picture', 'broken_video', 'video_too_long', 'video_too_wide', 'video_unavailable', 'empty_file'])
export const worthAgain = (l: Line): boolean => l.step === 'rejected' && !hopeless.has(l.reason)
