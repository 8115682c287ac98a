import type { AfterSale } from '@meadow/api/shop'

/** Whether a request waits for the shop. */
export const waits = (r: AfterSale): boolean => r.state === 'asked' || r.state === 'inspecting'

/** How long until a request's timer decides, in whole hours; negative once it has. */
export const hoursLeft = (r: AfterSale, now = Date.now()): number | null => (r.due ? Math.floor((Date.parse(r.due) - now) / 3_600_000) : null)

/** How pressing a timer is. */
export function press(hours: number | null): 'none' | 'soon' | 'now' {
  if (hours === null || hours >= 24) return 'none'
  return hours < 6 ? 'now' : 'soon'
}
