import type { Tier } from '@meadow/api/buy'
import { money } from '@meadow/ui'
import { useI18n } from 'vue-i18n'

/** What is taken off of ten in Chinese: 2,000 basis points off is 8 折. */
export function foldOf(rate: number): string {
  return String(Math.round((10_000 - rate) / 10) / 100)
}

/** A step of a rule in words: from so much on, so much off. */
export function useTierText(): (tier: Tier | undefined, short?: boolean, each?: boolean) => string {
  const { t, locale } = useI18n()
  // Chinese says what is left of ten, others what is taken off of a hundred.
  const off10 = (rate: number) => (locale.value.startsWith('zh') ? foldOf(rate) : String(rate / 100))
  return (tier, short = false, each = false) => {
    if (!tier) return ''
    const over = tier.over?.amount ? money(tier.over, locale.value, true) : ''
    const off = tier.off?.amount ? money(tier.off, locale.value, true) : ''
    if (short) return off ? off : tier.rate ? t('buy.tier.rate', { n: off10(tier.rate) }) : t('buy.tier.freeShort')
    if (off) return over ? t(each ? 'buy.tier.eachOff' : 'buy.tier.overOff', { over, off }) : t('buy.tier.off', { off })
    const rate = tier.rate ? t('buy.tier.rate', { n: off10(tier.rate) }) : t('buy.tier.freeShort')
    return over ? t('buy.tier.overRate', { over, rate }) : rate
  }
}
