package gateway

// viewerPolicy lets a page of the shop run our own scripts and nothing else.
// Trusted Types make a string that reaches innerHTML an error, not a hole.
// The scripts may compile WebAssembly: scanning a code and trying on glasses
// need it.
const viewerPolicy = policyBase +
	"script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; require-trusted-types-for 'script'"

// consolePolicy is for the studio and the administration. Their charts set
// style attributes, and write strings where Trusted Types want none.
const consolePolicy = policyBase +
	"script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'"

const policyBase = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; connect-src 'self'; " +
	"manifest-src 'self'; worker-src 'self'; "
