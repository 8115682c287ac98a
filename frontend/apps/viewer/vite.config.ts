import { defineConfig, mergeConfig } from 'vite'
import { app } from '../../vite.shared.ts'

// What every screen needs lies in two files instead of twenty, and what every
// list of cards needs in a third: they compress better together, and the list of
// what a screen preloads stays short.
export default defineConfig(
  mergeConfig(app('/'), {
    build: {
      rolldownOptions: {
        output: {
          codeSplitting: {
            groups: [
              { name: 'lib', test: /node_modules[\\/](@vue|vue|vue-router|vue-i18n|@intlify|@tanstack|openapi-fetch)[\\/](?!.*(?:queriesObserver|useQueries))/ },
              { name: 'app', test: /packages[\\/](ui|i18n)[\\/]src|packages[\\/]api[\\/]src[\\/](api|boot|client|errors|index|intention|me)\.ts|viewer[\\/]src[\\/](feed[\\/](feed|like|mine|press)|shell[\\/](act|back|language|unread|words|places|SearchBox)|menu[\\/]menu|seen[\\/]source|post[\\/]overlay)/ },
              { name: 'cards', test: /viewer[\\/]src[\\/]feed[\\/](?!Discover)/ },
            ],
          },
        },
      },
    },
  }),
)
