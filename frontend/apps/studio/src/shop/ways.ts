import type { Way } from '../shell/ways'

/** The ways of a shop's console. */
export function shopWays(t: (key: string) => string): Way[] {
  return [
    { to: '/products', icon: 'box', label: t('studio.nav.products') },
  ]
}
