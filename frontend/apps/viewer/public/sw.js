// Shows pushes, and opens what they are about. It caches nothing.
self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (e) => e.waitUntil(self.clients.claim()))

self.addEventListener('push', (e) => {
  let push = {}
  try {
    push = e.data ? e.data.json() : {}
  } catch {
    // Not ours; a push must still show something.
  }
  e.waitUntil(
    self.registration.showNotification(push.title || 'Meadow', { body: push.body || '', tag: push.tag || undefined, icon: '/icon.svg', data: { url: push.url || '/notices' } }),
  )
})

self.addEventListener('notificationclick', (e) => {
  e.notification.close()
  // A path of this shop, whatever the push says.
  const wanted = new URL(e.notification.data?.url || '/notices', self.location.origin)
  const url = wanted.origin === self.location.origin ? wanted.href : self.location.origin
  e.waitUntil(
    self.clients.matchAll({ type: 'window', includeUncontrolled: true }).then(async (pages) => {
      const page = pages.find((p) => 'navigate' in p)
      if (!page) return self.clients.openWindow(url)
      await page.focus()
      return page.navigate(url).catch(() => self.clients.openWindow(url))
    }),
  )
})
