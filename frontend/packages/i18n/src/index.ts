import { createI18n, type I18n } from 'vue-i18n'

export type Locale = 'zh-CN' | 'en'
export const locales: readonly Locale[] = ['zh-CN', 'en']

type Messages = Record<string, unknown>
/** Loads one language of a catalogue; each language is a chunk of its own. */
export type Catalogue = Record<Locale, () => Promise<{ default: Messages }>>

/** What both apps say. */
const shared: Catalogue = {
  'zh-CN': () => import('../locales/zh-CN.json'),
  en: () => import('../locales/en.json'),
}

/** What only the studio says. */
export const studio: Catalogue = {
  'zh-CN': () => import('../locales/studio.zh-CN.json'),
  en: () => import('../locales/studio.en.json'),
}

/** What the studio says about how posts are passed on. */
export const growth: Catalogue = {
  'zh-CN': () => import('../locales/growth.zh-CN.json'),
  en: () => import('../locales/growth.en.json'),
}

/** What the viewer's screens say besides its first one: loaded with the first of them. */
export const viewer: Catalogue = {
  'zh-CN': () => import('../locales/viewer.zh-CN.json'),
  en: () => import('../locales/viewer.en.json'),
}

/** What the feed of videos says. */
export const reel: Catalogue = {
  'zh-CN': () => import('../locales/reel.zh-CN.json'),
  en: () => import('../locales/reel.en.json'),
}

/** What search says. */
export const find: Catalogue = {
  'zh-CN': () => import('../locales/find.zh-CN.json'),
  en: () => import('../locales/find.en.json'),
}

/** What is said about taste: topics, why a post is shown, what goes with what. */
export const taste: Catalogue = {
  'zh-CN': () => import('../locales/taste.zh-CN.json'),
  en: () => import('../locales/taste.en.json'),
}

/** What is said between choosing something and having paid for it. */
export const buy: Catalogue = {
  'zh-CN': () => import('../locales/buy.zh-CN.json'),
  en: () => import('../locales/buy.en.json'),
}

/** What is said after buying: parcels, requests, ratings, and what one has. */
export const after: Catalogue = {
  'zh-CN': () => import('../locales/after.zh-CN.json'),
  en: () => import('../locales/after.en.json'),
}

/** What a shop's console says. */
export const shop: Catalogue = {
  'zh-CN': () => import('../locales/shop.zh-CN.json'),
  en: () => import('../locales/shop.en.json'),
}

/** What the lists of the consoles say. */
export const table: Catalogue = {
  'zh-CN': () => import('../locales/table.zh-CN.json'),
  en: () => import('../locales/table.en.json'),
}

/** What the consoles say of campaigns and of money. */
export const till: Catalogue = {
  'zh-CN': () => import('../locales/till.zh-CN.json'),
  en: () => import('../locales/till.en.json'),
}

/** What group buys, bargains, coupons, packets, flash sales and invitations say. */
export const promo: Catalogue = {
  'zh-CN': () => import('../locales/promo.zh-CN.json'),
  en: () => import('../locales/promo.en.json'),
}

const key = 'locale'

function stored(): Locale | undefined {
  try {
    return locales.find((l) => l === localStorage.getItem(key))
  } catch {
    return undefined // storage is switched off
  }
}

/** The language to begin with: the account's, this device's, the server's guess, the browser's. */
export function pick(account: Locale | undefined, served: Locale | undefined, wanted: readonly string[] = navigator.languages): Locale {
  return account ?? stored() ?? served ?? (wanted.find((l) => /^(zh|en)\b/i.test(l))?.toLowerCase().startsWith('en') ? 'en' : 'zh-CN')
}

/** Puts catalogues together; a group may be in several of them. */
function together(parts: readonly Messages[]): Messages {
  const all: Record<string, Messages> = {}
  for (const part of parts) for (const [group, words] of Object.entries(part)) all[group] = { ...all[group], ...(words as Messages) }
  return all
}

/** The languages of an app; messages come compiled, so that no eval is needed. */
export class Languages {
  readonly i18n: I18n<Messages, Messages, Messages, string, false>
  private readonly catalogues: Catalogue[]
  private readonly loaded = new Map<Locale, number>()
  /** The language that was asked for last, though it may not be here yet. */
  private wanted: Locale = 'zh-CN'

  constructor(catalogues: readonly Catalogue[] = []) {
    this.catalogues = [shared, ...catalogues]
    this.i18n = createI18n({ legacy: false, locale: 'zh-CN', fallbackLocale: false, missingWarn: false, fallbackWarn: false })
  }

  /** Adds a catalogue; settles once it can be read in the language of now. */
  async add(catalogue: Catalogue): Promise<void> {
    if (!this.catalogues.includes(catalogue)) this.catalogues.push(catalogue)
    await this.load(this.wanted)
  }

  /** Switches without a reload. */
  async use(locale: Locale, keep = false): Promise<void> {
    this.wanted = locale
    await this.load(locale)
    if (this.wanted !== locale) return // somebody changed their mind
    this.i18n.global.locale.value = locale
    document.documentElement.lang = locale
    if (!keep) return
    try {
      localStorage.setItem(key, locale)
    } catch {
      // The choice lasts as long as the page.
    }
  }

  private async load(locale: Locale): Promise<void> {
    // A catalogue may join while others are on their way.
    for (let n = 0; (this.loaded.get(locale) ?? 0) < (n = this.catalogues.length); ) {
      const parts = await Promise.all(this.catalogues.slice(0, n).map((c) => c[locale]()))
      if ((this.loaded.get(locale) ?? 0) >= n) continue // somebody else was faster
      this.i18n.global.setLocaleMessage(locale, together(parts.map((p) => p.default)))
      this.loaded.set(locale, n)
    }
  }
}
