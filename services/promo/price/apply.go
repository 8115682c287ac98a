package price

import (
	"math"
	"slices"

	"meadow/services/promo"
)

// saves is what a rule takes off lines that come to base at deal prices and of
// which left is left; short is how much base lacks of the lowest tier.
func saves(r promo.Rule, base, left int64) (off, short int64) {
	short = math.MaxInt64
	for _, t := range r.Tiers {
		if over := t.Over.Amount - base; over > 0 {
			short = min(short, over)
			continue
		}
		short = 0
		amount := max(t.Off.Amount, 0)
		if r.Each && t.Over.Amount > 0 && amount > 0 {
			if times := base / t.Over.Amount; amount > left/times {
				amount = left
			} else {
				amount *= times
			}
		}
		if amount == 0 {
			amount = part(left, t.Rate)
		}
		off = max(off, amount)
	}
	if short > 0 {
		if len(r.Tiers) == 0 {
			short = 0
		}
		return 0, short
	}
	if r.Most.Amount > 0 {
		off = min(off, r.Most.Amount)
	}
	return min(off, left), 0
}

// open returns the lines of r that nothing has lowered which it does not go with,
// what they come to at deal prices and what is left of them.
func (s *state) open(r promo.Rule) (lines []int, base, left int64) {
	lines = make([]int, 0, len(r.Lines))
	for _, i := range r.Lines {
		if s.bars(&r, i) {
			continue
		}
		lines = append(lines, i)
		base += s.base[i]
		left += s.left[i]
	}
	return lines, base, left
}

// bars reports whether something has lowered a line that r does not go with.
func (s *state) bars(r *promo.Rule, line int) bool {
	for i := range s.touched[line] {
		if apart(r, s.touched[line][i]) {
			return true
		}
	}
	return false
}

// apply takes a rule off its lines and reports whether it saved anything.
func (s *state) apply(r promo.Rule) bool {
	lines, base, left := s.open(r)
	off, _ := saves(r, base, left)
	if off <= 0 {
		return false
	}
	s.take(r, lines, off)
	if r.Limited {
		s.uses = append(s.uses, promo.Use{Kind: r.Kind, Rule: r.ID, Ref: r.Ref, N: 1, Amount: s.money(off)})
	}
	return true
}

// take shares off, which is no more than is left of lines, out over them.
func (s *state) take(r promo.Rule, lines []int, off int64) {
	weights := make([]int64, len(s.left))
	for _, i := range lines {
		weights[i] = s.left[i]
	}
	shares := split(off, weights)
	platform := part(off, r.Platform)
	for i, share := range split(platform, shares) {
		s.bears[i] += share
	}
	for i, share := range shares {
		s.left[i] -= share
		if share > 0 || slices.Contains(lines, i) {
			s.touched[i] = append(slices.Clip(s.touched[i]), &r)
		}
	}
	s.savings = append(s.savings, promo.Saving{
		Rule: r.ID, Kind: r.Kind, Scope: r.Scope, Name: r.Name,
		Amount: s.money(off), Platform: s.money(platform), Shares: shares,
	})
}
