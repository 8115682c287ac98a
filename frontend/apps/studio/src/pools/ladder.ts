import type { Balance, Stage } from '@meadow/api/growth'

export const steps = [1, 2, 3, 4, 5] as const

/** How full each step of the ladder is, in hundredths. */
export function fills(s: Pick<Stage, 'step' | 'impressions' | 'from' | 'to'>): number[] {
  return steps.map((n) => {
    if (n < s.step) return 100
    if (n > s.step) return 0
    if (!s.to) return 100
    return Math.round(Math.min(1, Math.max(0, (s.impressions - s.from) / (s.to - s.from))) * 100)
  })
}

/** The part of those who saw a post that answered it. */
export function answered(s: Pick<Stage, 'impressions' | 'engaged'>): number {
  return s.impressions ? Math.min(1, s.engaged / s.impressions) : 0
}

/** Where the share and its cap lie on one line, in hundredths: the cap well inside. */
export function scale(b: Pick<Balance, 'share' | 'cap'>): { share: number; cap: number } {
  const full = Math.max(b.cap * 1.6, b.share * 1.1, 0.01)
  return { share: Math.min(100, (b.share / full) * 100), cap: Math.min(100, (b.cap / full) * 100) }
}
