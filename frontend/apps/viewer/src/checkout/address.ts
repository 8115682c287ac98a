import type { Place } from '@meadow/api'

export type AddressField = keyof Place
export type AddressFault = 'missing' | 'phone'

/** What is wrong with an address as typed; the server judges again. */
export function checkAddress(a: Place): Partial<Record<AddressField, AddressFault>> {
  const found: Partial<Record<AddressField, AddressFault>> = {}
  for (const field of ['name', 'region', 'city', 'line'] as const) if (!a[field].trim()) found[field] = 'missing'
  const digits = a.phone.replace(/[\s()-]/g, '')
  if (!digits) found.phone = 'missing'
  else if (!/^\+?\d{5,15}$/.test(digits)) found.phone = 'phone'
  return found
}
