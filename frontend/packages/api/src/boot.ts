import type { Card, Locale, Merchant, Page, Post, Product, Profile, User } from './types'

/** What the server wrote into the page, so that the first screen asks nothing. */
export interface Boot {
  csrf?: string
  me?: User | null
  locale?: Locale
  page?: { feed?: Page<Card>; post?: Post; product?: Product; profile?: Profile; posts?: Page<Card>; merchant?: Merchant; products?: Page<Product> }
}

function read(): Boot {
  const text = typeof document === 'undefined' ? '' : document.getElementById('boot')?.textContent
  if (!text) return {}
  try {
    const { csrf, data } = JSON.parse(text) as { csrf?: string; data?: Boot }
    return { ...data, csrf }
  } catch {
    return {}
  }
}

export const boot: Boot = read()
