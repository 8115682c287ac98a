import { me } from '@meadow/api'
import { buy, type FlashOffer, type FlashSale, type Product } from '@meadow/api/buy'
import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { aheadOf } from '../checkout/clock'

export interface Flash {
  sale: FlashSale
  offer: FlashOffer
  /** How far the shop's clock is ahead of ours. */
  ahead: number
}

/** Everything that lowers a product's price or sells it another way, as it stands now. */
export function useOffers(product: () => Product | undefined) {
  const id = computed(() => product()?.id ?? '')
  const on = computed(() => !!id.value)
  const whose = computed(() => me.value?.id ?? '')
  const common = { staleTime: 20_000, retry: 1, enabled: on }
  const flash = useQuery({ queryKey: computed(() => ['flash', id.value]), queryFn: async () => (await buy.flashSales(id.value)).items.map((sale) => ({ sale, ahead: aheadOf(sale.now) })), ...common, refetchInterval: 60_000 })
  const groups = useQuery({ queryKey: computed(() => ['groups', id.value]), queryFn: async () => (await buy.groupBuys(id.value)).items, ...common })
  const grouped = computed(() => !!groups.data.value?.length)
  const teams = useQuery({ queryKey: computed(() => ['open-teams', id.value, whose.value]), queryFn: async () => (await buy.teams(id.value, { limit: 10 })).items.map((team) => ({ ...team, ahead: aheadOf(team.now) })), staleTime: 10_000, retry: 1, enabled: computed(() => on.value && grouped.value), refetchInterval: 30_000 })
  const bargains = useQuery({ queryKey: computed(() => ['bargain-offers', id.value]), queryFn: async () => (await buy.bargains(id.value)).items, ...common })
  const coupons = useQuery({ queryKey: computed(() => ['coupon-offers', id.value, whose.value]), queryFn: async () => (await buy.couponOffers({ product: id.value, limit: 20 })).items, ...common })
  const campaigns = useQuery({ queryKey: computed(() => ['campaigns', id.value]), queryFn: async () => (await buy.campaigns({ merchant: product()!.merchant, product: id.value, category: product()!.category })).items, ...common })

  /** The flash sale that a SKU is in, or the product's best one: what runs before what comes. */
  const flashOf = (sku?: string) =>
    computed<Flash | undefined>(() => {
      const all = (flash.data.value ?? []).flatMap(({ sale, ahead }) => (sale.items ?? []).filter((o) => o.product === id.value && (!sku || o.sku === sku)).map((offer) => ({ sale, offer, ahead })))
      return all.toSorted((a, b) => Number(b.sale.phase === 'running') - Number(a.sale.phase === 'running') || Number(b.offer.left > 0) - Number(a.offer.left > 0) || Date.parse(a.sale.start) - Date.parse(b.sale.start))[0]
    })
  const groupOf = (sku?: string) => computed(() => (groups.data.value ?? []).filter((g) => !sku || g.sku === sku).toSorted((a, b) => a.price.amount - b.price.amount)[0])
  const bargainOf = (sku?: string) => computed(() => (bargains.data.value ?? []).find((b) => (!sku || b.sku === sku) && b.left > 0))
  return { flash, groups, teams, bargains, coupons, campaigns, flashOf, groupOf, bargainOf }
}

/** What one unit costs whoever is signed in, with everything that lowers it. */
export function useUnitPrice(sku: () => string | undefined, n: () => number, extra: () => { deal?: { kind: 'group_buy'; id: string }; link?: string } = () => ({})) {
  const line = computed(() => ({ sku: sku() ?? '', n: n(), ...extra() }))
  return useQuery({
    queryKey: computed(() => ['quote', me.value?.id, 'unit', line.value]),
    queryFn: () => buy.quote({ lines: [line.value] }),
    enabled: computed(() => me.value !== null && !!line.value.sku && line.value.n > 0),
    staleTime: 30_000,
    retry: false,
  })
}
