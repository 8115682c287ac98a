import type { Parcel } from '@meadow/api/shop'
import { shallowRef } from 'vue'

/** The parcels whose slips are to be printed; what shows them prints at once. */
export const printing = shallowRef<Parcel[]>([])

export function usePrint(): (parcels: Parcel[]) => void {
  return (parcels) => (printing.value = parcels)
}
