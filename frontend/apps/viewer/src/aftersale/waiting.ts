import type { AfterSale } from '@meadow/api/after'

/** How a request stands for a buyer: an offer of less is agreed on, but not by them. */
export function standing(a: AfterSale): string {
  return offered(a) ? 'offered' : a.state
}

/** Whether the shop agreed to less than was wanted, and the buyer has not answered. */
export const offered = (a: AfterSale): boolean => a.state === 'agreed' && !!a.agreed && a.agreed.amount < a.wanted.amount

/** Whether the buyer is waited for. */
export const waitsForBuyer = (a: AfterSale): boolean => offered(a) || a.state === 'refused' || a.state === 'sending_back'

export const over = (a: AfterSale): boolean => ['done', 'closed', 'withdrawn'].includes(a.state)

/** What a buyer may do now. */
export function moves(a: AfterSale): { withdraw: boolean; accept: boolean; dispute: boolean; sendBack: boolean } {
  return {
    withdraw: a.state === 'asked' || a.state === 'sending_back' || offered(a),
    accept: offered(a),
    dispute: offered(a) || a.state === 'refused',
    sendBack: a.state === 'sending_back',
  }
}

/** What is left until an instant, in its two largest parts. */
export function leftOf(ms: number): { days: number; hours: number; clock: boolean } {
  const hours = Math.floor(ms / 3_600_000)
  return { days: Math.floor(hours / 24), hours: hours % 24, clock: hours < 24 }
}
