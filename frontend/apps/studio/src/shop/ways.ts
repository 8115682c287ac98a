import type { Way } from '../shell/ways'

/** The ways of a shop's console. */
export function shopWays(t: (key: string) => string): Way[] {
  return [
    { to: '/orders', icon: 'shop', label: t('studio.nav.orders') },
    { to: '/after-sales', icon: 'refresh', label: t('studio.nav.afterSales') },
    { to: '/products', icon: 'box', label: t('studio.nav.products') },
  ]
}
