import type { Choice, Deal } from '@meadow/api/buy'

const kinds = ['flash_sale', 'group_buy', 'bargain'] as const
const text = (v: unknown) => (typeof v === 'string' ? v : '')

/** The address of the checkout of one thing: from a team's page, a bargain's, a link. */
export function checkoutPath(c: Choice): { path: string; query: Record<string, string> } {
  const { sku, n = 1, deal, link, source } = c
  return {
    path: '/checkout',
    query: { sku, ...(n > 1 ? { n: String(n) } : {}), ...(deal?.kind && deal.id ? { kind: deal.kind, deal: deal.id } : {}), ...(deal?.team ? { team: deal.team } : {}), ...(link ? { link } : {}), ...(source ? { source } : {}) },
  }
}

/** What such an address names; undefined if it names nothing. */
export function choiceFrom(query: Record<string, unknown>): Choice | undefined {
  const sku = text(query.sku)
  if (!sku) return undefined
  const n = Math.min(99, Math.max(1, Math.trunc(Number(text(query.n))) || 1))
  const kind = kinds.find((k) => k === query.kind)
  const deal: Deal | undefined = kind && text(query.deal) ? { kind, id: text(query.deal), ...(text(query.team) ? { team: text(query.team) } : {}) } : undefined
  const source = text(query.source) as Choice['source'] & string
  return { sku, n, ...(deal ? { deal } : {}), ...(text(query.link) ? { link: text(query.link) } : {}), ...(source ? { source } : {}) }
}
