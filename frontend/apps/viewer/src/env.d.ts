/// <reference types="vite/client" />

// The small build of hls.js is the large one with less in it, and has no types.
declare module 'hls.js/light' {
  export { default } from 'hls.js'
}
