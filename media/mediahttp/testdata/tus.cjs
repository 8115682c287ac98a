// Uploads a file as a browser would: in chunks, interrupted once, then resumed.
const fs = require('node:fs')
const { createRequire } = require('node:module')
const [folder, endpoint, token, path] = process.argv.slice(2)
const tus = createRequire(folder + '/package.json')('tus-js-client')

const data = fs.readFileSync(path)
let interrupted = false
let requests = []
const upload = new tus.Upload(data, {
  endpoint,
  headers: { Authorization: 'Bearer ' + token },
  chunkSize: 20000,
  retryDelays: null,
  onBeforeRequest: (req) => { requests.push(req.getMethod()) },
  onChunkComplete: () => {
    if (interrupted) return
    interrupted = true
    upload.abort().then(() => upload.start())
  },
  onError: (e) => {
    const res = e.originalResponse
    console.log(JSON.stringify({ error: String(e.message), status: res ? res.getStatus() : 0, body: res ? res.getBody() : '', requests }))
  },
  onSuccess: () => console.log(JSON.stringify({ url: upload.url, requests })),
})
upload.start()
