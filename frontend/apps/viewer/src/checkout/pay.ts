import { api, Intention, type Payment } from '@meadow/api'

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

/** Starts payments; asking twice for the same order is asking once. */
export function usePay(): { start(order: string, anew?: boolean): Promise<Payment> } {
  const intention = new Intention()
  return {
    async start(order, anew = false) {
      if (anew) intention.done()
      return api.pay(order, provider, intention.keyFor({ order, provider }))
    },
  }
}
