import { social } from '@meadow/api/social'
import type { Locale } from '@meadow/api'

export type PushState = 'unsupported' | 'denied' | 'off' | 'on'

interface Policy { createScriptURL: (url: string) => string }
type Types = { createPolicy: (name: string, rules: Policy) => Policy }

/** The address of our worker, in the type that the page's policy asks for. */
function worker(): string {
  const types = (globalThis as unknown as { trustedTypes?: Types }).trustedTypes
  const path = '/sw.js'
  return types ? types.createPolicy('meadow-worker', { createScriptURL: () => path }).createScriptURL(path) : path
}

const able = () => 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis

async function current(): Promise<PushSubscription | null> {
  const registered = await navigator.serviceWorker.getRegistration('/')
  return (await registered?.pushManager.getSubscription()) ?? null
}

export async function pushState(): Promise<PushState> {
  if (!able()) return 'unsupported'
  if (Notification.permission === 'denied') return 'denied'
  return (await current()) ? 'on' : 'off'
}

/** The bytes of a base64url text. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/').padEnd(Math.ceil(text.length / 4) * 4, '='))
  return Uint8Array.from(plain, (c) => c.charCodeAt(0))
}

let made: string | undefined

/** Turns pushes on for this browser: asks its owner, then tells the shop. */
export async function turnOn(locale: Locale): Promise<PushState> {
  if ((await Notification.requestPermission()) !== 'granted') return pushState()
  made ??= worker()
  await navigator.serviceWorker.register(made, { scope: '/' })
  const registered = await navigator.serviceWorker.ready
  const { key } = await social.pushKey()
  // A service that does not answer must not hold the page.
  const sub = await Promise.race([
    registered.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) }),
    new Promise<never>((_, no) => setTimeout(() => no(new Error('the push service does not answer')), 15_000)),
  ])
  const { endpoint, keys } = sub.toJSON() as { endpoint: string; keys: { p256dh: string; auth: string } }
  try {
    await social.subscribe({ endpoint, ...keys, device: deviceOf(navigator.userAgent), locale })
  } catch (err) {
    await sub.unsubscribe()
    throw err
  }
  return 'on'
}

export async function turnOff(): Promise<PushState> {
  const sub = await current()
  if (sub) {
    await social.unsubscribe(sub.endpoint)
    await sub.unsubscribe()
  }
  return pushState()
}

/** A browser and its system, as their owner would name them. */
export function deviceOf(agent: string): string {
  const first = (table: [RegExp, string][], none: string) => table.find(([r]) => r.test(agent))?.[1] ?? none
  const browser = first([[/Edg\//, 'Edge'], [/Firefox\//, 'Firefox'], [/Chrome\//, 'Chrome'], [/Safari\//, 'Safari']], 'Browser')
  const system = first([[/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/Linux/, 'Linux']], '')
  return system ? `${browser} · ${system}` : browser
}
