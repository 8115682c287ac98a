import type { Parcel } from '@meadow/api/after'
import { useI18n } from 'vue-i18n'
import { daysText, momentText } from './dates'

/** One sentence on where a parcel is and what comes next. */
export function useAbout(): (p: Parcel) => string {
  const { t, locale } = useI18n()
  return (p) => {
    const when = (at: string | undefined) => (at ? momentText(at, locale.value) : '')
    switch (p.state) {
      case 'waiting':
        if (p.pickup) return t('parcel.about.pickup')
        return Date.parse(p.ship_by) < Date.now() ? t('parcel.about.late', { when: when(p.ship_by) }) : t('parcel.about.waiting', { when: when(p.ship_by) })
      case 'partly_shipped':
        return p.pickup ? t('parcel.about.pickup') : t('parcel.about.partly_shipped', { sent: p.lines.reduce((n, l) => n + l.sent, 0), n: p.lines.reduce((n, l) => n + l.n - l.dropped, 0) })
      case 'shipped':
        return t('parcel.about.shipped', { when: daysText(p.earliest, p.latest, locale.value) })
      case 'delivered':
        return t('parcel.about.delivered', { when: when(p.delivered_at) })
      case 'received':
        return t('parcel.about.received', { when: when(p.received_at) })
      default:
        return p.state === 'held' ? t('parcel.about.held') : t('parcel.about.cancelled')
    }
  }
}
