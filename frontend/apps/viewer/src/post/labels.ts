import type { Labelled } from '@meadow/api'

export interface Label {
  key: 'ad' | 'paidBy' | 'aiLong' | 'verifiedLong'
  tone: '' | 'chip-good'
  brand?: string
}

/** The labels of a post, what is owed to readers first. */
export function labelsOf(p: Labelled): Label[] {
  return [
    ...(p.ad ? [{ key: 'ad', tone: '' } as const] : []),
    ...(p.paid_by ? [{ key: 'paidBy', tone: '', brand: p.paid_by } as const] : []),
    ...(p.ai ? [{ key: 'aiLong', tone: '' } as const] : []),
    ...(p.verified ? [{ key: 'verifiedLong', tone: 'chip-good' } as const] : []),
  ]
}
