import type Hls from 'hls.js/light'

const playlist = 'application/vnd.apple.mpegurl'

/**
 * Gives a video its source: the playlist itself where the browser can play it,
 * else by hls.js, which is loaded only then. Returns what lets go of it.
 */
export async function attach(video: HTMLVideoElement, url: string, failed: () => void): Promise<() => void> {
  let hls: Hls | undefined
  let gone = false
  const byScript = async () => {
    const { default: Player } = await import('hls.js/light')
    if (gone) return
    if (!Player.isSupported()) return failed()
    // No worker: it would be made of a text, which the page's policy forbids.
    hls = new Player({ enableWorker: false, capLevelToPlayerSize: true, maxBufferLength: 30 })
    hls.on(Player.Events.ERROR, (_, e) => {
      if (e.fatal) failed()
    })
    hls.loadSource(url)
    hls.attachMedia(video)
  }
  const broken = () => {
    video.removeEventListener('error', broken)
    if (gone) return
    video.removeAttribute('src')
    byScript().catch(failed)
  }
  if (video.canPlayType(playlist)) {
    video.addEventListener('error', broken)
    video.src = url
  } else await byScript()
  return () => {
    gone = true
    video.removeEventListener('error', broken)
    hls?.destroy()
    video.removeAttribute('src')
    video.load()
  }
}
