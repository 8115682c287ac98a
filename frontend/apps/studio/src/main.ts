import '@meadow/ui/base.css'
import './studio.css'
import { boot, known, me, worthRetrying } from '@meadow/api'
import { growth, Languages, pick, studio } from '@meadow/i18n'
import { startTheme } from '@meadow/ui'
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import App from './App.vue'
import { makeRouter } from './router'

startTheme()

const queries = new QueryClient({
  defaultOptions: { queries: { staleTime: 10_000, refetchOnWindowFocus: false, retry: (times, err) => times < 2 && worthRetrying(err) } },
})
const languages = new Languages([studio, growth])
const router = makeRouter(languages)
const app = createApp(App)
app.use(VueQueryPlugin, { queryClient: queries })
app.use(languages.i18n)
app.use(router)

await known
await Promise.all([languages.use(pick(me.value?.locale, boot.locale)), router.isReady()])
app.mount('#app')
