import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  test: { include: ['apps/*/src/**/*.test.ts', 'packages/*/src/**/*.test.ts'], environment: 'node' },
})
