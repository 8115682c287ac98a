import { viewer, type Languages } from '@meadow/i18n'
import { defineAsyncComponent, type Component } from 'vue'

/** Loads a screen, and what it says, which the first screen does not need. */
export function lazily(languages: Languages) {
  const load =
    <T>(screen: () => Promise<T>) =>
    () =>
      Promise.all([screen(), languages.add(viewer)]).then(([loaded]) => loaded)
  return {
    page: load,
    part: <T extends Component>(screen: () => Promise<{ default: T }>) => defineAsyncComponent(load(screen) as () => Promise<{ default: T }>),
  }
}
