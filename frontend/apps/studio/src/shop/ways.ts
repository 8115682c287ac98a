import type { Way } from '../shell/ways'

/** The ways of a shop's console. */
export function shopWays(t: (key: string) => string): Way[] {
  return [
    { to: '/orders', icon: 'shop', label: t('studio.nav.orders') },
    { to: '/after-sales', icon: 'refresh', label: t('studio.nav.afterSales') },
    { to: '/products', icon: 'box', label: t('studio.nav.products') },
    { to: '/stock', icon: 'grid', label: t('studio.nav.stock') },
    { to: '/ratings', icon: 'star', label: t('studio.nav.ratings') },
    { to: '/shipping', icon: 'globe', label: t('studio.nav.shipping') },
    { to: '/warehouses', icon: 'home', label: t('studio.nav.warehouses') },
    { to: '/shop-staff', icon: 'user', label: t('studio.nav.shopStaff') },
    { to: '/campaigns', icon: 'tag', label: t('studio.nav.campaigns') },
    { to: '/money', icon: 'wallet', label: t('studio.nav.money') },
  ]
}
