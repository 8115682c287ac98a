import { useRole } from '@meadow/api'
import type { IconName } from '@meadow/ui'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { shopWays } from '../shop/ways'
import { acting } from './acting'

export interface Way { to: string; icon: IconName; label: string }
export interface WayGroup { key: string; name: string; items: Way[] }

/** Where one can go in the studio, by what it is about: for the side and for Ctrl-K. */
export function useWays() {
  const { t } = useI18n()
  const moderator = useRole('moderator')
  const operator = useRole('operator')
  return computed<WayGroup[]>(() => [
    {
      key: 'create',
      name: t('studio.nav.create'),
      items: [
        { to: '/posts', icon: 'image', label: t('studio.nav.posts') },
        { to: '/calendar', icon: 'clock', label: t('studio.nav.calendar') },
        { to: '/comments', icon: 'comment', label: t('studio.nav.comments') },
        { to: '/insight', icon: 'chart', label: t('studio.nav.insight') },
        { to: '/pools', icon: 'share', label: t('growth.nav') },
        ...(acting.value
          ? []
          : ([
              { to: '/earnings', icon: 'wallet', label: t('studio.nav.earnings') },
              { to: '/showcase', icon: 'bag', label: t('studio.nav.showcase') },
              { to: '/tier', icon: 'star', label: t('studio.nav.tier') },
              { to: '/staff', icon: 'user', label: t('studio.nav.staff') },
            ] as Way[])),
      ],
    },
    { key: 'shop', name: t('studio.nav.shop'), items: shopWays(t) },
    ...(moderator.value || operator.value ? [{ key: 'safety', name: t('studio.nav.safety'), items: [{ to: '/desk', icon: 'lock' as IconName, label: t('studio.nav.desk') }] }] : []),
  ])
}
