import type { Catalogue, Languages } from '@meadow/i18n'

/** Loads a screen together with what it says. */
export function lazily(languages: Languages, ...words: Catalogue[]) {
  return <T>(screen: () => Promise<T>) =>
    () =>
      Promise.all([screen(), ...words.map((w) => languages.add(w))]).then(([loaded]) => loaded)
}
