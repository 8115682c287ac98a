import '@meadow/ui/base.css'
import './pages.css'
import { boot, me, known, worthRetrying } from '@meadow/api'
import { Languages, pick } from '@meadow/i18n'
import { startTheme } from '@meadow/ui'
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import App from './App.vue'
import { seed } from './feed/feed'
import { makeRouter } from './router'
import { languagesKey } from './shell/language'

startTheme()

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      gcTime: 30 * 60_000,
      refetchOnWindowFocus: false,
      retry: (times, err) => times < 2 && worthRetrying(err),
    },
  },
})
seed(queries, boot)

const languages = new Languages()
const router = makeRouter(languages)

const app = createApp(App)
app.use(VueQueryPlugin, { queryClient: queries })
app.use(languages.i18n)
app.use(router)
app.provide(languagesKey, languages)

await Promise.all([languages.use(pick(me.value?.locale, boot.locale)), router.isReady()])
app.mount('#app')

// A server that wrote nothing into the page says only now who is signed in.
await known
if (!boot.me && me.value) await languages.use(me.value.locale)
