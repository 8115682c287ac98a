import type { AfterSaleKind, Bought, Parcel, Reason } from '@meadow/api/after'

/** What may be asked for, by where a parcel is. What is left of one that is partly sent can be cancelled too. */
export function kindsFor(p: Parcel | undefined, now = Date.now()): AfterSaleKind[] {
  switch (p?.state) {
    case 'held':
    case 'waiting':
      return ['cancel']
    case 'partly_shipped':
      return ['cancel', 'refund_only', 'return', 'exchange']
    case 'shipped':
    case 'delivered':
      return ['refund_only', 'return', 'exchange']
    case 'received':
      return p.return_by && Date.parse(p.return_by) > now ? ['return', 'refund_only', 'exchange'] : []
    default:
      return []
  }
}

const faults: Reason[] = ['faulty', 'damaged', 'not_as_described', 'missing', 'counterfeit']

/** Reasons that go with a kind: money back while keeping the goods needs a fault, or delay. */
export function reasonsFor(kind: AfterSaleKind, there: boolean): Reason[] {
  if (kind === 'cancel') return ['changed_mind', 'late', 'does_not_fit']
  if (kind === 'refund_only') return there ? [...faults, 'late'] : ['late', ...faults]
  if (kind === 'exchange') return ['does_not_fit', ...faults.filter((r) => r !== 'missing'), 'changed_mind']
  return ['changed_mind', 'does_not_fit', ...faults, 'late']
}

/** Whether a photo has to show it. */
export const needsPhoto = (kind: AfterSaleKind, reason: Reason | ''): boolean => kind !== 'cancel' && reason !== '' && reason !== 'missing' && faults.includes(reason)

/** How many units of a line may still be asked about. */
export function unitsLeft(o: Bought, p: Parcel | undefined, line: number, kind: AfterSaleKind): number {
  const l = o.lines[line]
  if (!l) return 0
  const left = l.n - (l.returned ?? 0)
  const sent = p?.lines.find((x) => x.index === line)
  if (!sent || p?.state !== 'partly_shipped') return left
  return kind === 'cancel' ? Math.max(0, sent.n - sent.sent - sent.dropped) : Math.min(left, sent.sent)
}
