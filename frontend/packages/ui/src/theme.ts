import { ref } from 'vue'

export type Theme = 'system' | 'light' | 'dark'

const key = 'theme'

function stored(): Theme {
  try {
    const v = localStorage.getItem(key)
    return v === 'light' || v === 'dark' ? v : 'system'
  } catch {
    return 'system' // storage is switched off
  }
}

/** The colours chosen on this device. */
export const theme = ref<Theme>('system')

/** Applies a choice, and keeps it if there is somewhere to keep it. */
export function setTheme(t: Theme): void {
  theme.value = t
  if (t === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = t
  try {
    localStorage.setItem(key, t)
  } catch {
    // The choice lasts as long as the page.
  }
}

/** Applies what was chosen before. */
export function startTheme(): void {
  setTheme(stored())
}
