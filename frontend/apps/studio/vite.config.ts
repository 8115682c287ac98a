import { defineConfig } from 'vite'
import { app } from '../../vite.shared.ts'

const config = app('/studio/')

// The cropper is written with Vue's options.
export default defineConfig({ ...config, define: { ...config.define, __VUE_OPTIONS_API__: 'true' } })
