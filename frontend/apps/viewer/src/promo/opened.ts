import { promo } from '@meadow/api/promo'

/** The team that the caller just opened by paying, if there is one. */
export async function teamOpened(offer: string, besides = ''): Promise<string> {
  const mine = await promo.myTeams({ limit: 10 }).catch(() => null)
  return mine?.items.find((x) => x.offer === offer && x.id !== besides && x.mine && (x.state === 'open' || x.state === 'opening'))?.id ?? ''
}
