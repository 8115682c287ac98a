package price

import (
	"cmp"
	"slices"
	"time"

	"meadow/services/promo"
)

// ordered returns the rules in the one order they are looked at: by step, the
// narrower before the wider, what ends first before what lasts, then by name. It
// drops lines that do not exist, or that belong to another shop than the rule.
func (s *state) ordered(rules []promo.Rule) []promo.Rule {
	out := make([]promo.Rule, 0, len(rules))
	for _, r := range rules {
		r.Lines = s.lines(r)
		if s.foreign(r) && r.Refuse == "" {
			r.Refuse = promo.Malformed
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b promo.Rule) int {
		return cmp.Or(
			cmp.Compare(step(a), step(b)),
			cmp.Compare(len(a.Lines), len(b.Lines)),
			ending(a.Until, b.Until),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Ref, b.Ref),
			slices.Compare(a.Lines, b.Lines),
			cmp.Compare(a.Price.Amount, b.Price.Amount),
		)
	})
	// One rule is one rule, however often a source names it.
	return slices.CompactFunc(out, func(a, b promo.Rule) bool {
		return a.ID == b.ID && a.Ref == b.Ref && a.Kind == b.Kind && slices.Equal(a.Lines, b.Lines)
	})
}

func (s *state) lines(r promo.Rule) []int {
	out := make([]int, 0, len(r.Lines))
	for _, i := range r.Lines {
		if i >= 0 && i < len(s.base) && (r.Scope == promo.OfPlatform || s.in.Lines[i].Merchant == r.Merchant) {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// foreign reports a rule with amounts of another currency.
func (s *state) foreign(r promo.Rule) bool {
	other := func(c string) bool { return c != "" && c != s.cur }
	return other(r.Price.Currency) || other(r.Most.Currency) || slices.ContainsFunc(r.Tiers, func(t promo.Tier) bool {
		return other(t.Over.Currency) || other(t.Off.Currency)
	})
}

// ending orders instants, those that never come last.
func ending(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}
