/** An amount as it travels: an integer of the currency's minor unit. */
export interface Money {
  amount: number
  currency: string
}

export type MoneyPart = { type: 'currency' | 'integer' | 'fraction'; value: string }

const formats = new Map<string, Intl.NumberFormat>()

function currencyFormat(locale: string, currency: string, strip: boolean): Intl.NumberFormat {
  const key = `${locale} ${currency} ${strip}`
  let f = formats.get(key)
  if (!f) {
    f = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      ...(strip ? ({ trailingZeroDisplay: 'stripIfInteger' } as Intl.NumberFormatOptions) : {}),
    })
    formats.set(key, f)
  }
  return f
}

/** How many decimals a currency's minor unit has: 2 for CNY, 0 for JPY. */
export function decimalsOf(currency: string): number {
  return currencyFormat('en', currency, false).resolvedOptions().maximumFractionDigits ?? 2
}

/**
 * An amount as a decimal string, exactly: no float is involved, so nothing is
 * rounded whatever the size.
 */
export function decimal(m: Money): string {
  const places = decimalsOf(m.currency || 'CNY')
  const sign = m.amount < 0 ? '-' : ''
  const digits = BigInt(Math.abs(m.amount)).toString().padStart(places + 1, '0')
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** An amount for people. With strip, whole amounts lose their ".00". */
export function money(m: Money, locale: string, strip = false): string {
  return currencyFormat(locale, m.currency || 'CNY', strip).format(decimal(m) as Intl.StringNumericLiteral)
}

/** The parts of an amount, for typography: small sign, large integer, small fraction. */
export function moneyParts(m: Money, locale: string, strip = false): MoneyPart[] {
  const out: MoneyPart[] = []
  for (const p of currencyFormat(locale, m.currency || 'CNY', strip).formatToParts(decimal(m) as Intl.StringNumericLiteral)) {
    const type = p.type === 'decimal' || p.type === 'fraction' ? 'fraction' : p.type === 'currency' ? 'currency' : 'integer'
    const last = out.at(-1)
    if (last?.type === type) last.value += p.value
    else out.push({ type, value: p.value })
  }
  return out
}

/**
 * The minor units that a typed decimal stands for, or null if it is not an
 * amount of the currency: "12.5" is 1250 fen, "12.555" is null.
 */
export function parseMoney(typed: string, currency: string): number | null {
  const places = decimalsOf(currency)
  const m = /^\s*(\d{1,12})(?:[.,](\d+))?\s*$/.exec(typed)
  if (!m) return null
  const fraction = m[2] ?? ''
  if (fraction.length > places) return null
  return Number(m[1] + fraction.padEnd(places, '0'))
}

/** A count in little room: 1.2万 in Chinese, 12.3K in English. */
export function compact(n: number, locale: string): string {
  return new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }).format(n)
}

const spans: [Intl.RelativeTimeFormatUnit, number][] = [
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
]

/** How long ago, for a week; the date after that. */
export function ago(at: string, locale: string, now = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(at)) / 1000)
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
  if (seconds < 60) return relative.format(0, 'second')
  if (seconds < 7 * 86_400) {
    const [unit, size] = spans.findLast(([, s]) => seconds >= s)!
    return relative.format(-Math.floor(seconds / size), unit)
  }
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', ...(sameYear ? {} : { year: 'numeric' }) }).format(new Date(at))
}

/** Date and time in the viewer's zone. */
export function dateTime(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at))
}

/** What is left of a countdown: 14:59, or 1:02:03. */
export function countdown(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const h = Math.floor(s / 3600)
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
  return h > 0 ? `${h}:${rest}` : rest
}

/** Basis points as a percentage: 1250 is 12.5%. */
export function rate(bp: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 }).format(bp / 10_000)
}
