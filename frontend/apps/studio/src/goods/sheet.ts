import type { Goods, GoodsDraft, NewGoodsSKU } from '@meadow/api/shop'

/** What a merchant would have to write to get a product as it is. */
export function draftOf(p: Goods): GoodsDraft {
  return {
    title: p.title,
    body: p.body,
    category: p.category as GoodsDraft['category'],
    commission: p.commission,
    facts: p.facts ?? [],
    pictures: (p.pictures ?? []).map((x) => ({ id: x.id, alt: x.alt })),
    options: p.options ?? [],
    skus: p.skus.map(skuOf),
    ...(p.brand ? { brand: p.brand } : {}),
    ...(p.shipping ? { shipping: p.shipping } : {}),
  }
}

function skuOf(s: Goods['skus'][number]): NewGoodsSKU {
  return {
    values: s.values,
    price: s.price,
    ...(s.list?.amount ? { list: s.list } : {}),
    ...(s.picture ? { picture: s.picture } : {}),
    ...(s.prices?.length ? { prices: s.prices } : {}),
    ...(s.components?.length ? { components: s.components } : {}),
    ...(s.only && Object.values(s.only).some((l) => l?.length) ? { only: s.only } : {}),
  }
}

/** How prices change at once: set to an amount, or by hundredths of a percent; with strike the old one stays, struck through. */
export interface PriceChange { to?: number; by?: number; strike: boolean }

/** A price after a change, in minor units; never below one. */
export function changed(amount: number, c: PriceChange): number {
  if (c.to !== undefined) return c.to
  // Integers only: half of a minor unit goes up.
  return Math.max(1, Math.floor((amount * (10_000 + (c.by ?? 0)) + 5_000) / 10_000))
}

/** The sheet with every price changed, those of regions too. */
export function priced(d: GoodsDraft, c: PriceChange): GoodsDraft {
  const one = (m: { amount: number; currency: string }, list?: { amount: number; currency: string }) => {
    const amount = changed(m.amount, c)
    const before = c.strike ? m : list
    return { price: { ...m, amount }, ...(before && before.amount > amount ? { list: before } : {}) }
  }
  return {
    ...d,
    skus: d.skus.map((s) => {
      const { list, price, prices, ...rest } = s
      const regional = c.to === undefined ? prices?.map((p) => ({ ...(p.region ? { region: p.region } : {}), ...one(p.price, p.list) })) : prices
      return { ...rest, ...one(price!, list), ...(regional?.length ? { prices: regional } : {}) }
    }),
  }
}

/** What is written about a product besides its lists. */
export interface Sheet {
  title: string
  body: string
  category: GoodsDraft['category']
  commission: string
  brand: string
  brandName: string
  shipping: string
}
