import { viewer, type Catalogue, type Languages } from '@meadow/i18n'
import { defineAsyncComponent, type Component } from 'vue'

/** Loads a screen, and what it says, which the first screen does not need. */
export function lazily(languages: Languages, ...words: Catalogue[]) {
  const said = words.length ? words : [viewer]
  const load =
    <T>(screen: () => Promise<T>) =>
    () =>
      Promise.all([screen(), ...said.map((w) => languages.add(w))]).then(([loaded]) => loaded)
  return {
    page: load,
    part: <T extends Component>(screen: () => Promise<{ default: T }>) => defineAsyncComponent(load(screen) as () => Promise<{ default: T }>),
  }
}
