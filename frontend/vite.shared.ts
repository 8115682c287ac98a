import { fileURLToPath } from 'node:url'
import vueI18n from '@intlify/unplugin-vue-i18n/vite'
import vue from '@vitejs/plugin-vue'
import type { UserConfig } from 'vite'

const root = fileURLToPath(new URL('.', import.meta.url))

/** Where the Go server listens while developing. */
const server = process.env.MEADOW_URL ?? 'http://127.0.0.1:8080'

/**
 * What the apps have in common. Messages are compiled here, so that no app
 * needs eval; nothing is inlined into HTML, so that the strict CSP holds.
 */
export function app(base: string): UserConfig {
  return {
    base,
    plugins: [
      vue(),
      vueI18n({
        include: [`${root}packages/i18n/locales/**`],
        runtimeOnly: true,
        compositionOnly: true,
        fullInstall: false,
        dropMessageCompiler: true,
        strictMessage: false,
      }),
    ],
    define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
    build: {
      outDir: `${root}dist/site${base}`,
      emptyOutDir: true,
      target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      manifest: 'chunks.json',
      reportCompressedSize: false,
    },
    server: {
      proxy: {
        '/api': server,
        '/media': server,
        '/sandbox': server,
      },
    },
  }
}
