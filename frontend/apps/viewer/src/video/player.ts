import type { Video } from '@meadow/api'
import { computed, onBeforeUnmount, onMounted, ref, watch, type Ref } from 'vue'
import { keepSound, percentOf, plays, soundWanted, stops } from './playing'
import type { Variant } from './quality'
import { settings } from './settings'
import { attach } from './source'

/** Whether videos are silent; one choice for all of them. */
export const muted = ref(!soundWanted())
/** Whether they are silent only because the browser wants it so. */
export const hushed = ref(muted.value)
/** Whether somebody has let videos play, where nothing moves by itself. */
const begun = ref(false)

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches

/** A video in the size that is wanted, if that can be known. */
async function sized(hls: string, side: number): Promise<Variant | undefined> {
  try {
    const { nearest, sizesOf } = await import('./quality')
    return nearest(await sizesOf(hls), side)
  } catch {
    return undefined
  }
}

interface Want {
  video: Video
  /** Whether it is the present one, and nothing stands before it. */
  on: () => boolean
  began: () => void
  rested: () => void
  reached: (percent: number) => void
  ended: () => void
}

/** Plays one video of the feed while it is the present one. */
export function usePlayer(el: Ref<HTMLVideoElement | null>, want: Want) {
  const { video } = want
  const playing = ref(false)
  const waiting = ref(false)
  const failed = ref(false)
  const stopped = ref(false) // by whoever watches
  const now = ref(0)
  const length = ref(video.duration_ms / 1000)
  const buffered = ref(0)
  const lasting = computed(() => length.value || 1)
  let detach: (() => void) | undefined
  let far = 0
  let gone = false

  async function load(at = 0): Promise<void> {
    const v = el.value
    if (!v) return
    detach?.()
    detach = undefined
    failed.value = false
    let url = video.hls
    if (settings.quality) url = (await sized(video.hls, settings.quality))?.hls ?? url
    if (gone) return
    const off = await attach(v, url, () => void plain(at)).catch(() => void plain(at))
    if (gone) off?.()
    else if (off) detach = off
    if (at) v.currentTime = at
    v.playbackRate = settings.speed
    v.defaultPlaybackRate = settings.speed
  }

  // Where playlists cannot be played, the file that they are made of can.
  async function plain(at: number): Promise<void> {
    const v = el.value
    const file = (await sized(video.hls, settings.quality || 720))?.mp4
    if (gone || !v) return
    if (!file || v.src === file) {
      failed.value = true
      waiting.value = false
      return
    }
    detach?.()
    detach = () => {
      v.removeAttribute('src')
      v.load()
    }
    v.addEventListener('error', () => !gone && v.src === file && (failed.value = true), { once: true })
    v.src = file
    if (at) v.currentTime = at
    if (want.on()) void play()
  }

  async function play(): Promise<void> {
    const v = el.value
    if (!v || failed.value) return
    v.muted = muted.value
    waiting.value = v.readyState < 3
    try {
      await v.play()
    } catch (err) {
      if (gone || !want.on() || (err as Error).name !== 'NotAllowedError') return
      // With sound it may not begin by itself; without it may.
      muted.value = true
      hushed.value = true
      v.muted = true
      await v.play().catch(() => (waiting.value = false))
    }
  }

  function follow(): void {
    const v = el.value
    if (!v) return
    if (want.on() && !stopped.value && (begun.value || !still())) void play()
    else {
      v.pause()
      waiting.value = false
    }
  }

  function toggle(): void {
    const v = el.value
    if (!v) return
    begun.value = true
    if (failed.value) return void load().then(follow)
    stopped.value = !v.paused
    follow()
  }

  function seek(seconds: number): void {
    const v = el.value
    if (!v) return
    v.currentTime = Math.min(lasting.value, Math.max(0, seconds))
    now.value = v.currentTime
  }

  function ticked(): void {
    const v = el.value
    if (!v) return
    now.value = v.currentTime
    if (Number.isFinite(v.duration) && v.duration > 0) length.value = v.duration
    if (v.buffered.length) buffered.value = v.buffered.end(v.buffered.length - 1)
    if (v.paused || v.currentTime <= far) return
    far = v.currentTime > length.value - 0.5 ? length.value : v.currentTime // it is repeated before it ends
    want.reached(percentOf(far, length.value))
  }

  function caption(): void {
    for (const track of el.value?.textTracks ?? []) {
      track.mode = track.language === settings.captions ? 'showing' : 'hidden'
      // Above the words of the post.
      for (const cue of track.cues ?? []) if (cue instanceof VTTCue) Object.assign(cue, { snapToLines: false, line: 64 })
    }
  }

  const on = {
    play: () => {
      playing.value = true
      plays(el.value!)
    },
    playing: () => {
      waiting.value = false
      if (want.on()) want.began()
    },
    pause: () => {
      playing.value = false
      want.rested()
    },
    waiting: () => {
      waiting.value = want.on()
      want.rested()
    },
    canplay: () => (waiting.value = false),
    timeupdate: ticked,
    loadedmetadata: ticked,
    progress: ticked,
    ended: want.ended,
  }

  onMounted(async () => {
    el.value!.muted = true
    await load()
    follow()
    caption()
  })
  watch(want.on, (yes) => {
    if (!yes) stopped.value = false
    follow()
    if (yes && playing.value) want.began()
  })
  watch(muted, (m) => el.value && want.on() && (el.value.muted = m))
  watch(() => settings.speed, (s) => el.value && (el.value.playbackRate = el.value.defaultPlaybackRate = s))
  watch(() => settings.captions, caption)
  watch(() => settings.quality, () => void load(el.value?.currentTime).then(follow))
  onBeforeUnmount(() => {
    gone = true
    if (el.value) stops(el.value)
    detach?.()
  })
  return { playing, waiting, failed, stopped, now, length: lasting, buffered, toggle, seek, caption, on }
}

/** Turns the sound on or off, for this video and those that follow. */
export function sound(wanted = muted.value): void {
  muted.value = !wanted
  hushed.value = false
  keepSound(wanted)
}
