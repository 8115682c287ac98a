import { call, forgetToken } from './client'
import type * as t from './types'

type Ask = { after?: string; limit?: number }
type Nothing = Record<string, never>

const id = encodeURIComponent

async function signed(path: string, body: unknown): Promise<t.User> {
  const { user } = await call<{ user: t.User }>('POST', path, { body })
  forgetToken()
  return user
}

/** Every call of the API that the apps make. */
export const api = {
  // account
  sendCode: (body: { to: string; purpose: 'sign_up' | 'sign_in' | 'reset'; locale: t.Locale }) => call<Nothing>('POST', '/account/codes', { body }),
  signUp: (body: { login: string; password: string; name: string; code: string; locale: t.Locale }) => signed('/account/sign-up', body),
  signIn: (body: { login: string; password: string; code: string }) => signed('/account/sign-in', body),
  enter: (token: string) => signed('/account/enter', { token }),
  signOut: async () => {
    await call<Nothing>('POST', '/account/sign-out', { body: {} })
    forgetToken()
  },
  me: () => call<t.User>('GET', '/account/me'),
  changeMe: (body: { name?: string; locale?: t.Locale; avatar?: string }) => call<t.User>('PATCH', '/account/me', { body }),
  sessions: () => call<t.Page<t.Session>>('GET', '/account/sessions'),
  revoke: (session: string) => call<Nothing>('DELETE', `/account/sessions/${id(session)}`),
  addresses: () => call<t.Page<t.Address>>('GET', '/account/addresses'),
  addAddress: (body: t.NewAddress) => call<t.Address>('POST', '/account/addresses', { body }),
  changeAddress: (address: string, body: t.NewAddress) => call<t.Address>('PUT', `/account/addresses/${id(address)}`, { body }),
  removeAddress: (address: string) => call<Nothing>('DELETE', `/account/addresses/${id(address)}`),
  becomeCreator: () => call<t.User>('POST', '/account/creator', { body: { accept_terms: true } }),
  inbox: () => call<t.Page<t.Letter>>('GET', '/dev/inbox'),

  // feed
  newest: (query: Ask) => call<t.Page<t.Card>>('GET', '/feed/newest', { query }),
  following: (query: Ask) => call<t.Page<t.Card>>('GET', '/feed/following', { query }),
  search: (query: Ask & { q: string; kind?: string }, signal?: AbortSignal) => call<t.Page<t.Found>>('GET', '/search', { query, signal }),

  // creator
  profile: (user: string) => call<t.Profile>('GET', `/creators/${id(user)}`),
  editProfile: (body: { bio: string; avatar?: string }) => call<t.Profile>('PUT', '/creators/me', { body }),
  follow: (user: string, on: boolean) => call<t.Profile>(on ? 'PUT' : 'DELETE', `/creators/${id(user)}/follow`),
  postsBy: (user: string, query: Ask) => call<t.Page<t.Card>>('GET', `/creators/${id(user)}/posts`, { query }),
  saved: (query: Ask) => call<t.Page<t.Card>>('GET', '/saved', { query }),
  post: (post: string) => call<t.Post>('GET', `/posts/${id(post)}`),
  publish: (body: t.PostDraft, key: string) => call<t.Post>('POST', '/posts', { body, key }),
  editPost: (post: string, body: t.PostDraft) => call<t.Post>('PUT', `/posts/${id(post)}`, { body }),
  removePost: (post: string) => call<Nothing>('DELETE', `/posts/${id(post)}`),
  like: (post: string, on: boolean) => call<t.Reaction>(on ? 'PUT' : 'DELETE', `/posts/${id(post)}/like`),
  save: (post: string, on: boolean) => call<t.Reaction>(on ? 'PUT' : 'DELETE', `/posts/${id(post)}/save`),
  comments: (post: string, query: Ask & { parent?: string }) => call<t.Page<t.Comment>>('GET', `/posts/${id(post)}/comments`, { query }),
  say: (post: string, body: { body: string; parent?: string }, key: string) => call<t.Comment>('POST', `/posts/${id(post)}/comments`, { body, key }),
  unsay: (comment: string) => call<Nothing>('DELETE', `/comments/${id(comment)}`),
  upload: (body: { purpose: 'post' | 'avatar' | 'product'; bytes: number }) => call<t.Ticket>('POST', '/uploads', { body }),

  // catalog
  product: (product: string) => call<t.Product>('GET', `/products/${id(product)}`),
  products: (query: Ask & { merchant?: string; category?: string; mine?: boolean }) => call<t.Page<t.Product>>('GET', '/products', { query }),
  merchant: (merchant: string) => call<t.Merchant>('GET', `/merchants/${id(merchant)}`),
  openShop: (body: { name: string; story: string }) => call<t.Merchant>('POST', '/merchants', { body }),
  draftProduct: (body: t.ProductDraft, key: string) => call<t.Product>('POST', '/products', { body, key }),
  editProduct: (product: string, body: t.ProductDraft) => call<t.Product>('PUT', `/products/${id(product)}`, { body }),
  list: (product: string, on: boolean) => call<t.Product>('POST', `/products/${id(product)}/${on ? 'list' : 'delist'}`),
  stock: (sku: string) => call<t.Stock>('GET', `/skus/${id(sku)}/stock`),
  adjust: (sku: string, body: { by: number; reason: string }, key: string) => call<t.Stock>('POST', `/skus/${id(sku)}/stock`, { body, key }),

  // checkout
  quote: (lines: t.Choice[]) => call<t.Quote>('POST', '/quotes', { body: { lines } }),
  place: (body: { quote: string; address: string }, key: string) => call<t.Order>('POST', '/orders', { body, key }),
  pay: (order: string, provider: string, key: string) => call<t.Payment>('POST', `/orders/${id(order)}/payments`, { body: { provider }, key }),
  confirm: (payment: string) => call<t.Payment>('POST', `/payments/${id(payment)}/confirm`),
  cancel: (order: string) => call<t.Order>('POST', `/orders/${id(order)}/cancel`),
  order: (order: string) => call<t.Order>('GET', `/orders/${id(order)}`),
  orders: (query: Ask & { state?: t.OrderState }) => call<t.Page<t.Order>>('GET', '/orders', { query }),
  sales: (query: Ask) => call<t.Page<t.Sale>>('GET', '/sales', { query }),

  // ledger
  held: (as: 'creator' | 'merchant') => call<{ held: t.Money }>('GET', '/ledger/held', { query: { as } }),
  lines: (query: Ask & { as: 'creator' | 'merchant' }) => call<t.Page<t.LedgerLine>>('GET', '/ledger/lines', { query }),
}
