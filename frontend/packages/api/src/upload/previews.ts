// Small pictures of what was uploaded from this device, by its id: a draft knows
// what it holds, and here is what that looked like.
const name = 'previews'

function open(): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    if (typeof indexedDB === 'undefined') return resolve(null)
    const ask = indexedDB.open('meadow', 1)
    ask.onupgradeneeded = () => ask.result.createObjectStore(name)
    ask.onsuccess = () => resolve(ask.result)
    ask.onerror = () => resolve(null) // Switched off, as in some private windows.
  })
}

/** A picture of at most 480 pixels, or null for what the browser cannot show. */
export async function shrunk(source: Blob | HTMLVideoElement): Promise<Blob | null> {
  try {
    const whole = source instanceof Blob ? await createImageBitmap(source) : await createImageBitmap(source)
    const scale = Math.min(1, 480 / Math.max(whole.width, whole.height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.max(1, Math.round(whole.width * scale))
    canvas.height = Math.max(1, Math.round(whole.height * scale))
    canvas.getContext('2d')!.drawImage(whole, 0, 0, canvas.width, canvas.height)
    whole.close()
    return await new Promise((resolve) => canvas.toBlob(resolve, 'image/webp', 0.8))
  } catch {
    return null
  }
}

export async function keepPreview(media: string, picture: Blob): Promise<void> {
  const db = await open()
  if (!db) return
  await new Promise<void>((resolve) => {
    const change = db.transaction(name, 'readwrite')
    change.objectStore(name).put(picture, media)
    change.oncomplete = change.onabort = () => resolve()
  })
  db.close()
}

/** The address of a preview in this page, or "" if this device has none. */
export async function previewOf(media: string): Promise<string> {
  const db = await open()
  if (!db) return ''
  const found = await new Promise<Blob | undefined>((resolve) => {
    const ask = db.transaction(name).objectStore(name).get(media) as IDBRequest<Blob | undefined>
    ask.onsuccess = () => resolve(ask.result)
    ask.onerror = () => resolve(undefined)
  })
  db.close()
  return found ? URL.createObjectURL(found) : ''
}
