import { shopApi, type Goods, type GoodsSKU, type Page } from '@meadow/api/shop'

/** A SKU with the product that it is of. */
export interface Unit { product: Goods; sku: GoodsSKU }

export const nameOf = (u: Unit): string => [u.product.title, ...u.sku.values].join(' · ')

/** A page of the shop's SKUs: those of a page of its products. */
export async function unitsPage(after: string, limit: number, state = ''): Promise<Page<Unit>> {
  const page = await shopApi.goods({ after, limit, ...(state ? { state: state as 'listed' } : {}) })
  return { ...page, items: page.items.flatMap((product) => product.skus.map((sku) => ({ product, sku }))) }
}
