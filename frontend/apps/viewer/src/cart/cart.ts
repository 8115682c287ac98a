import { me } from '@meadow/api'
import { buy, type Cart, type CartLine, type Choice } from '@meadow/api/buy'
import { toast } from '@meadow/ui'
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/vue-query'
import { computed, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useErrorText } from '../shell/act'
import { basket } from '../shell/basket'
import { cartKey, forgetCartKey } from './key'

/** The lines of a cart that are chosen and can be bought. */
export function chosenOf(cart: Cart | undefined): CartLine[] {
  return (cart?.shops ?? []).flatMap((s) => s.lines).filter((l) => l.selected && !l.gone)
}

/** A line of a cart as the till is asked for it. */
export function choiceOf(l: CartLine): Choice {
  return { sku: l.sku, n: l.n, ...(l.deal?.kind ? { deal: l.deal } : {}), ...(l.link ? { link: l.link } : {}) }
}

const idOf = () => ['cart', me.value?.id ?? '']

function keep(queries: QueryClient, cart: Cart): void {
  queries.setQueryData(idOf(), cart)
  basket.value = cart.count
}

/** The cart of whoever is here: of the account, or of this device until they sign in. */
export function useCart() {
  const queries = useQueryClient()
  const { t } = useI18n()
  const errorText = useErrorText()
  const query = useQuery({ queryKey: computed(idOf), queryFn: () => read(), staleTime: 0 })
  watch(
    () => query.data.value,
    (cart) => cart && (basket.value = cart.count),
    { immediate: true },
  )

  async function change(run: (key: string) => Promise<Cart>): Promise<boolean> {
    try {
      keep(queries, await run(me.value ? '' : cartKey()))
      return true
    } catch (err) {
      toast(errorText(err), 'bad')
      void query.refetch()
      return false
    }
  }

  return {
    ...query,
    set: (l: CartLine, n: number) => change((key) => buy.put(key, { ...choiceOf(l), n, set: true })),
    select: (skus: string[], on: boolean) => change((key) => buy.select(key, skus, on)),
    /** Takes lines out, and says how to put them back. */
    async remove(lines: CartLine[]): Promise<void> {
      const back = lines.map(choiceOf)
      for (const l of lines) if (!(await change((key) => buy.put(key, { sku: l.sku, n: 0, set: true })))) return
      const put = async () => {
        for (const c of back) await change((key) => buy.put(key, { ...c, set: true }))
      }
      toast(t('buy.cart.removed', lines.length), 'plain', { label: t('common.undo'), run: () => void put() })
    },
  }
}

/** Puts something in the cart, signed in or not. */
export function useAddToCart(): (choice: Choice) => Promise<boolean> {
  const queries = useQueryClient()
  const errorText = useErrorText()
  return async (choice) => {
    try {
      keep(queries, await buy.put(me.value ? '' : cartKey(), choice))
      return true
    } catch (err) {
      toast(errorText(err), 'bad')
      return false
    }
  }
}

/** The cart as it is; what a visitor gathered joins the account's with the first look. */
async function read(): Promise<Cart> {
  const key = cartKey(false)
  if (!me.value) return key ? buy.cart(key) : { shops: [], count: 0 }
  if (!key) return buy.cart('')
  const joined = await buy.join(key)
  forgetCartKey()
  return joined
}

/** Keeps the number on the cart up to date for whoever is here. */
export async function askCart(): Promise<void> {
  try {
    basket.value = (await read()).count
  } catch {
    // The number stays as it is; the cart itself says what is the matter.
  }
}
