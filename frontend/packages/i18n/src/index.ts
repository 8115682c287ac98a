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

/** The languages of an app; messages come compiled, so that no eval is needed. */
export class Languages {
  readonly i18n: I18n<Messages, Messages, Messages, string, false>
  private readonly loaded = new Set<Locale>()

  constructor(private readonly catalogues: readonly Catalogue[] = []) {
    this.i18n = createI18n({ legacy: false, locale: 'zh-CN', fallbackLocale: false, missingWarn: false, fallbackWarn: false })
  }

  /** Switches without a reload. */
  async use(locale: Locale, keep = false): Promise<void> {
    if (!this.loaded.has(locale)) {
      const parts = await Promise.all([shared, ...this.catalogues].map((c) => c[locale]()))
      this.i18n.global.setLocaleMessage(locale, Object.assign({}, ...parts.map((p) => p.default)) as Messages)
      this.loaded.add(locale)
    }
    this.i18n.global.locale.value = locale
    document.documentElement.lang = locale
    if (!keep) return
    try {
      localStorage.setItem(key, locale)
    } catch {
      // The choice lasts as long as the page.
    }
  }
}
