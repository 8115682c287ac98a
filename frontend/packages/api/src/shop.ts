import { client, done } from './client'
import type { components, paths } from './schema'
import type { Money, Page, Picture } from './types'

type S = components['schemas']
type Nothing = Record<string, never>
type Body<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { requestBody: { content: { 'application/json': infer B } } } ? B : never
const v1 = '/api/v1'
const of = (id: string) => ({ params: { path: { id } } })
const asked = <Q extends object>(query: Q) => ({ params: { query } })
const keyed = (key: string) => ({ params: { header: { 'Idempotency-Key': key } } })
const both = (id: string, key: string) => ({ params: { path: { id }, header: { 'Idempotency-Key': key } } })

export type Duty = 'products' | 'stock' | 'orders' | 'refunds' | 'campaigns' | 'money' | 'staff'
export const duties: readonly Duty[] = ['products', 'stock', 'orders', 'refunds', 'campaigns', 'money', 'staff']
export type MyShop = Omit<S['CatalogMyShop'], 'duties'> & { duties: Duty[] }
export type Member = S['CatalogMember']
export type Goods = S['CatalogProduct']
export type GoodsSKU = S['CatalogSKU']
export type GoodsState = 'draft' | 'listed' | 'delisted'
export type GoodsDraft = Body<`${typeof v1}/products`, 'post'>
export type NewGoodsSKU = GoodsDraft['skus'][number]
export type RegionPrice = S['CatalogRegionPrice']
export type Exclusive = S['CatalogExclusive']
export type Shelf = S['CatalogCategory']
export type Brand = S['CatalogBrand']
export type Profile = S['CatalogProfile']
export type ProfileDraft = Body<`${typeof v1}/shop/shipping`, 'post'>
export type Zone = S['CatalogZone']
export type Warehouse = S['CatalogWarehouse']
export type Place = S['CatalogWarehouseStock']
export type Adjustment = S['CatalogAdjustment']
export type LowStock = S['CatalogLowStock']
export type Rating = S['CatalogRating']
export type ImportReport = S['CatalogTableReport']
export type ParcelState = 'held' | 'waiting' | 'partly_shipped' | 'shipped' | 'delivered' | 'received' | 'cancelled'
export const parcelStates: readonly ParcelState[] = ['waiting', 'partly_shipped', 'held', 'shipped', 'delivered', 'received', 'cancelled']
export type Parcel = S['FulfilParcel']
export type ParcelLine = S['FulfilLine']
export type Shipment = S['FulfilShipment']
export type Carrier = S['FulfilCarrierName']
export type Destination = S['FulfilDestination']
export type Units = { line: number; n: number }
export type AfterSaleState = 'asked' | 'agreed' | 'refused' | 'withdrawn' | 'sending_back' | 'inspecting' | 'replacing' | 'refunding' | 'disputed' | 'done' | 'closed'
export const afterSaleStates: readonly AfterSaleState[] = ['asked', 'inspecting', 'agreed', 'sending_back', 'replacing', 'refunding', 'disputed', 'refused', 'done', 'withdrawn', 'closed']
export type AfterSale = S['AfterSale']
export type { Money, Page, Picture }

type Ask = { after?: string; limit?: number }

/** Every call that only a shop's console makes. */
export const shopApi = {
  myShops: () => done<{ items: MyShop[] }>(client.GET(`${v1}/me/shops`)),

  // staff
  staff: (query: Ask) => done<Page<Member>>(client.GET(`${v1}/shop/staff`, asked(query))),
  invite: (body: { login?: string; user?: string; duties: Duty[] }, key: string) => done<Member>(client.POST(`${v1}/shop/staff`, { ...keyed(key), body })),
  join: (id: string, code?: string) => done<Member>(client.POST(`${v1}/shop/staff/{id}/accept`, { ...of(id), body: { code } })),
  changeStaff: (id: string, list: Duty[]) => done<Member>(client.PUT(`${v1}/shop/staff/{id}`, { ...of(id), body: { duties: list } })),
  dismiss: (id: string) => done<Nothing>(client.DELETE(`${v1}/shop/staff/{id}`, of(id))),

  // goods
  goods: (query: Ask & { state?: GoodsState }) => done<Page<Goods>>(client.GET(`${v1}/products`, asked({ ...query, mine: true }))),
  good: (id: string) => done<Goods>(client.GET(`${v1}/products/{id}`, of(id))),
  draft: (body: GoodsDraft, key: string) => done<Goods>(client.POST(`${v1}/products`, { ...keyed(key), body })),
  edit: (id: string, body: GoodsDraft) => done<Goods>(client.PUT(`${v1}/products/{id}`, { ...of(id), body })),
  list: (id: string, on: boolean) => done<Goods>(on ? client.POST(`${v1}/products/{id}/list`, of(id)) : client.POST(`${v1}/products/{id}/delist`, of(id))),
  shelves: () => done<{ items: Shelf[] }>(client.GET(`${v1}/categories`)),
  brands: (from: string) => done<Page<Brand>>(client.GET(`${v1}/brands`, asked({ from, limit: 20 }))),
  addBrand: (name: string) => done<Brand>(client.POST(`${v1}/brands`, { body: { name } })),
  exported: (query: Ask) => done<{ csv: string; next?: string }>(client.GET(`${v1}/shop/goods`, asked(query))),
  imported: (csv: string, dry: boolean, key: string) => done<ImportReport>(client.POST(`${v1}/shop/goods`, { ...keyed(key), body: { csv, dry_run: dry } })),

  // sending
  profiles: (query: Ask) => done<Page<Profile>>(client.GET(`${v1}/shop/shipping`, asked(query))),
  addProfile: (body: ProfileDraft, key: string) => done<Profile>(client.POST(`${v1}/shop/shipping`, { ...keyed(key), body })),
  editProfile: (id: string, body: ProfileDraft) => done<Profile>(client.PUT(`${v1}/shop/shipping/{id}`, { ...of(id), body })),
  retireProfile: (id: string) => done<Nothing>(client.DELETE(`${v1}/shop/shipping/{id}`, of(id))),

  // stock
  warehouses: (query: Ask) => done<Page<Warehouse>>(client.GET(`${v1}/shop/warehouses`, asked(query))),
  openWarehouse: (body: { name: string; region: string; near: string[] }, key: string) => done<Warehouse>(client.POST(`${v1}/shop/warehouses`, { ...keyed(key), body })),
  editWarehouse: (id: string, body: { name: string; region: string; near: string[] }) => done<Warehouse>(client.PUT(`${v1}/shop/warehouses/{id}`, { ...of(id), body })),
  places: (sku: string) => done<{ items: Place[] }>(client.GET(`${v1}/skus/{id}/places`, of(sku))),
  adjust: (sku: string, body: { by: number; reason: string; warehouse?: string }, key: string) => done<S['CatalogStock']>(client.POST(`${v1}/skus/{id}/stock`, { ...both(sku, key), body })),
  adjustments: (query: Ask & { sku?: string }) => done<Page<Adjustment>>(client.GET(`${v1}/shop/adjustments`, asked(query))),
  watch: (sku: string, threshold: number) => done<LowStock>(client.PUT(`${v1}/skus/{id}/watch`, { ...of(sku), body: { threshold } })),
  low: (query: Ask) => done<Page<LowStock>>(client.GET(`${v1}/shop/low-stock`, asked(query))),

  // ratings
  ratings: (product: string, query: Ask) => done<Page<Rating>>(client.GET(`${v1}/products/{id}/ratings`, { params: { path: { id: product }, query } })),
  answerRating: (id: string, text: string) => done<Rating>(client.PUT(`${v1}/ratings/{id}/answer`, { ...of(id), body: { text } })),

  // parcels
  parcels: (query: Ask & { state?: ParcelState; late?: boolean }) => done<Page<Parcel>>(client.GET(`${v1}/shop/parcels`, asked(query))),
  parcel: (id: string) => done<Parcel>(client.GET(`${v1}/parcels/{id}`, of(id))),
  ship: (id: string, body: { carrier: string; tracking?: string; units?: Units[] }, key: string) => done<Parcel>(client.POST(`${v1}/shop/parcels/{id}/shipments`, { ...both(id, key), body })),
  openAddress: (id: string) => done<Destination>(client.POST(`${v1}/shop/parcels/{id}/address`, of(id))),
  handOver: (id: string, code: string) => done<Parcel>(client.POST(`${v1}/shop/parcels/{id}/pickup`, { ...of(id), body: { code } })),
  note: (id: string, text: string) => done<Parcel>(client.POST(`${v1}/shop/parcels/{id}/notes`, { ...of(id), body: { text } })),
  carriers: () => done<{ items: Carrier[] }>(client.GET(`${v1}/carriers`)),

  // after-sale
  afterSales: (query: Ask & { state?: AfterSaleState; order?: string }) => done<Page<AfterSale>>(client.GET(`${v1}/shop/after-sales`, asked(query))),
  afterSale: (id: string) => done<AfterSale>(client.GET(`${v1}/after-sales/{id}`, of(id))),
  give: (body: { order: string; kind: 'cancel' | 'refund_only'; units: Units[]; text: string; restock: boolean }, key: string) => done<AfterSale>(client.POST(`${v1}/shop/after-sales`, { ...keyed(key), body })),
  answer: (id: string, body: { agree: boolean; amount?: Money; text: string }) => done<AfterSale>(client.POST(`${v1}/shop/after-sales/{id}/answer`, { ...of(id), body })),
  inspect: (id: string, body: { fine: boolean; restock: boolean; text: string }) => done<AfterSale>(client.POST(`${v1}/shop/after-sales/{id}/inspection`, { ...of(id), body })),
}
