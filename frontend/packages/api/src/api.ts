import { client, done, forgetToken, rolesChanged } from './client'
import type { paths } from './schema'
import type * as t from './types'

type Ask = { after?: string; limit?: number }
type Nothing = Record<string, never>
type Body<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { requestBody: { content: { 'application/json': infer B } } } ? B : never

const v1 = '/api/v1'
const of = (id: string) => ({ params: { path: { id } } })
const asked = <Q extends object>(query: Q) => ({ params: { query } })
const keyed = (key: string) => ({ 'Idempotency-Key': key })

async function signed(answer: Parameters<typeof done>[0]): Promise<t.User> {
  const { user } = await done<{ user: t.User }>(answer)
  forgetToken()
  return user
}

/** Every call of the API that the apps make. */
export const api = {
  // account
  sendCode: (body: Body<`${typeof v1}/account/codes`, 'post'>) => done<Nothing>(client.POST(`${v1}/account/codes`, { body })),
  signUp: (body: Body<`${typeof v1}/account/sign-up`, 'post'>) => signed(client.POST(`${v1}/account/sign-up`, { body })),
  signIn: (body: Body<`${typeof v1}/account/sign-in`, 'post'>) => signed(client.POST(`${v1}/account/sign-in`, { body })),
  enter: (token: string) => signed(client.POST(`${v1}/account/enter`, { body: { token } })),
  signOut: async () => {
    await done<Nothing>(client.POST(`${v1}/account/sign-out`))
    forgetToken()
  },
  me: () => done<t.User>(client.GET(`${v1}/account/me`)),
  changeMe: (body: { name?: string; locale?: t.Locale; avatar?: string }) => done<t.User>(client.PATCH(`${v1}/account/me`, { body })),
  sessions: () => done<t.Page<t.Session>>(client.GET(`${v1}/account/sessions`)),
  revoke: (session: string) => done<Nothing>(client.DELETE(`${v1}/account/sessions/{id}`, of(session))),
  addresses: () => done<t.Page<t.Address>>(client.GET(`${v1}/account/addresses`)),
  addAddress: (body: t.NewAddress) => done<t.Address>(client.POST(`${v1}/account/addresses`, { body })),
  changeAddress: (address: string, body: t.NewAddress) => done<t.Address>(client.PUT(`${v1}/account/addresses/{id}`, { ...of(address), body })),
  removeAddress: (address: string) => done<Nothing>(client.DELETE(`${v1}/account/addresses/{id}`, of(address))),
  becomeCreator: async () => {
    const user = await done<t.User>(client.POST(`${v1}/account/creator`, { body: { accept_terms: true } }))
    rolesChanged()
    return user
  },
  inbox: () => done<t.Page<t.Letter>>(client.GET(`${v1}/dev/inbox`)),

  // feed
  newest: (query: Ask) => done<t.Page<t.Card>>(client.GET(`${v1}/feed/newest`, asked(query))),
  forYou: (query: Ask & { topic?: string; place?: string; lang?: string }) => done<t.Page<t.Shown>>(client.GET(`${v1}/feed/foryou`, asked(query))),
  following: (query: Ask & { order?: 'newest' | 'ranked' }) => done<t.Page<t.Card>>(client.GET(`${v1}/feed/following`, asked(query))),

  // creator
  profile: (user: string) => done<t.Profile>(client.GET(`${v1}/creators/{id}`, of(user))),
  editProfile: (body: { bio: string; avatar?: string }) => done<t.Profile>(client.PUT(`${v1}/creators/me`, { body })),
  follow: (user: string, on: boolean) => done<t.Profile>(on ? client.PUT(`${v1}/creators/{id}/follow`, of(user)) : client.DELETE(`${v1}/creators/{id}/follow`, of(user))),
  postsBy: (user: string, query: Ask) => done<t.Page<t.Card>>(client.GET(`${v1}/creators/{id}/posts`, { params: { path: { id: user }, query } })),
  saved: (query: Ask) => done<t.Page<t.Card>>(client.GET(`${v1}/saved`, asked(query))),
  post: (post: string, via = '') => done<t.Post>(client.GET(`${v1}/posts/{id}`, { params: { path: { id: post }, query: via ? { s: via } : {} } })),
  publish: (body: t.PostDraft, key: string) => done<t.Post>(client.POST(`${v1}/posts`, { params: { header: keyed(key) }, body })),
  editPost: (post: string, body: t.PostDraft) => done<t.Post>(client.PUT(`${v1}/posts/{id}`, { ...of(post), body })),
  removePost: (post: string) => done<Nothing>(client.DELETE(`${v1}/posts/{id}`, of(post))),
  like: (post: string, on: boolean) => done<t.Reaction>(on ? client.PUT(`${v1}/posts/{id}/like`, of(post)) : client.DELETE(`${v1}/posts/{id}/like`, of(post))),
  save: (post: string, on: boolean) => done<t.Reaction>(on ? client.PUT(`${v1}/posts/{id}/save`, { ...of(post), body: {} }) : client.DELETE(`${v1}/posts/{id}/save`, of(post))),
  upload: (body: { purpose: 'post' | 'avatar' | 'product'; bytes: number }) => done<t.Ticket>(client.POST(`${v1}/uploads`, { body })),

  // catalog
  product: (product: string) => done<t.Product>(client.GET(`${v1}/products/{id}`, of(product))),
  products: (query: Ask & { merchant?: string; category?: string; mine?: boolean }) => done<t.Page<t.Product>>(client.GET(`${v1}/products`, asked(query))),
  merchant: (merchant: string) => done<t.Merchant>(client.GET(`${v1}/merchants/{id}`, of(merchant))),
  openShop: async (body: { name: string; story: string }) => {
    const shop = await done<t.Merchant>(client.POST(`${v1}/merchants`, { body }))
    rolesChanged()
    return shop
  },
  draftProduct: (body: t.ProductDraft, key: string) => done<t.Product>(client.POST(`${v1}/products`, { params: { header: keyed(key) }, body })),
  editProduct: (product: string, body: t.ProductDraft) => done<t.Product>(client.PUT(`${v1}/products/{id}`, { ...of(product), body })),
  list: (product: string, on: boolean) => done<t.Product>(on ? client.POST(`${v1}/products/{id}/list`, of(product)) : client.POST(`${v1}/products/{id}/delist`, of(product))),
  stock: (sku: string) => done<t.Stock>(client.GET(`${v1}/skus/{id}/stock`, of(sku))),
  adjust: (sku: string, body: { by: number; reason: string }, key: string) => done<t.Stock>(client.POST(`${v1}/skus/{id}/stock`, { params: { path: { id: sku }, header: keyed(key) }, body })),

  // checkout
  quote: (lines: t.Choice[]) => done<t.Quote>(client.POST(`${v1}/quotes`, { body: { lines } })),
  place: (body: { quote: string; address: string }, key: string) => done<t.Order>(client.POST(`${v1}/orders`, { params: { header: keyed(key) }, body })),
  pay: (order: string, provider: string, key: string) => done<t.Payment>(client.POST(`${v1}/orders/{id}/payments`, { params: { path: { id: order }, header: keyed(key) }, body: { provider } })),
  confirm: (payment: string) => done<t.Payment>(client.POST(`${v1}/payments/{id}/confirm`, of(payment))),
  cancel: (order: string) => done<t.Order>(client.POST(`${v1}/orders/{id}/cancel`, of(order))),
  order: (order: string) => done<t.Order>(client.GET(`${v1}/orders/{id}`, of(order))),
  orders: (query: Ask & { state?: t.OrderState }) => done<t.Page<t.Order>>(client.GET(`${v1}/orders`, asked(query))),
  sales: (query: Ask) => done<t.Page<t.Sale>>(client.GET(`${v1}/sales`, asked(query))),

  // ledger
  held: (as: 'creator' | 'merchant') => done<{ held: t.Money }>(client.GET(`${v1}/ledger/held`, asked({ as }))),
  lines: (query: Ask & { as: 'creator' | 'merchant' }) => done<t.Page<t.LedgerLine>>(client.GET(`${v1}/ledger/lines`, asked(query))),
}
