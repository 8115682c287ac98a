import { api, type Payment } from '@meadow/api'

/** The provider every shop has; others are added by configuration. */
const provider = 'sandbox'

/**
 * The provider's page in a tab of its own, so that what is open here stays open.
 * It is opened empty at the tap and gets its address once there is one; where
 * that is not allowed, a link does the same.
 */
export function openPayPage(): { go(url: string): void; abandon(): void } {
  const tab = window.open('', '_blank')
  if (tab) tab.opener = null
  return {
    go: (url) => tab?.location.replace(url),
    abandon: () => tab?.close(),
  }
}

const tries = new Map<string, number>()
const keptAs = (order: string) => `meadow.pay.${order}`

/** How often somebody began to pay an order, on this device. */
export function triesOf(order: string): number {
  try {
    return Number(sessionStorage.getItem(keptAs(order)) ?? tries.get(order) ?? 0)
  } catch {
    return tries.get(order) ?? 0
  }
}

function count(order: string, n: number): void {
  tries.set(order, n)
  try {
    sessionStorage.setItem(keptAs(order), String(n))
  } catch {
    // Then a reload begins another attempt.
  }
}

/**
 * Starts payments. The key is made of the order and the attempt, so asking twice,
 * from wherever, is asking once.
 */
export function usePay(): { start(order: string, anew?: boolean): Promise<Payment> } {
  return {
    async start(order, anew = false) {
      const n = Math.max(1, triesOf(order) + (anew ? 1 : 0))
      const payment = await api.pay(order, provider, `pay-${order}-${n}`)
      count(order, n)
      return payment
    },
  }
}
