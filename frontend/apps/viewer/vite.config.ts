import { defineConfig, mergeConfig } from 'vite'
import { app } from '../../vite.shared.ts'

/** Modules that lie in one file, without what they import. */
const together = (name: string, test: RegExp) => ({ name, test, includeDependenciesRecursively: false })

// What every screen needs lies in two files instead of twenty, and what every
// list of cards needs in a third: they compress better together, and the list of
// what a screen preloads stays short.
export default defineConfig(
  mergeConfig(app('/'), {
    build: {
      rolldownOptions: {
        output: {
          // The entry names every file of every screen, and a word in a name
          // costs each first visit its bytes.
          chunkFileNames: 'assets/[hash].js',
          assetFileNames: 'assets/[hash][extname]',
          codeSplitting: {
            groups: [
              { name: 'lib', test: /node_modules[\\/](@vue|vue|vue-router|vue-i18n|@intlify|@tanstack|openapi-fetch)[\\/](?!.*(?:queriesObserver|useQueries))/ },
              { name: 'app', test: /packages[\\/](ui|i18n)[\\/]src|packages[\\/]api[\\/]src[\\/](api|boot|client|errors|index|intention|me)\.ts|viewer[\\/]src[\\/](feed[\\/](feed|like|mine|press)|shell[\\/](act|back|language|unread|words|places|basket|SearchBox)|menu[\\/]menu|seen[\\/]source|post[\\/]overlay)/ },
              { name: 'cards', test: /viewer[\\/]src[\\/]feed[\\/](?!Discover)/ },
              together('settings', /viewer[\\/]src[\\/](account[\\/](Addresses|Boundaries|Devices|Standing)|notices[\\/]Preferences|profile[\\/](Edit|Crop|crop))/),
              together('collections', /viewer[\\/]src[\\/]collect[\\/](?!CollectSheet|CollectionForm)/),
              together('sign-in', /viewer[\\/]src[\\/]account[\\/]SignIn/),
              together('post', /viewer[\\/]src[\\/]post[\\/](PostView|PostProducts|RichText|labels)/),
              together('goods', /viewer[\\/]src[\\/](checkout[\\/](clock|arrival|coupon|CouponPicker|SavingList|tiers)|product[\\/](PromiseRows|QuantityStepper|StarRow|matrix))/),
              together('find', /packages[\\/]api[\\/]src[\\/](find|feed)\.ts/),
              together('bar', /viewer[\\/]src[\\/]shell[\\/](TopBar|glyphs)/),
              together('playing', /viewer[\\/]src[\\/]video[\\/](keys|settings|player|source)\.ts/),
            ],
          },
        },
      },
    },
  }),
)
