package price

import (
	"slices"

	"meadow/services/kernel/money"
	"meadow/services/promo"
)

// pay takes the points that the buyer chose, and counts those that the purchase
// brings.
func (s *state) pay(rules []promo.Rule) {
	paid, earn := false, money.Rate(0)
	for _, r := range rules {
		if r.Kind != promo.Points {
			continue
		}
		earn = max(earn, r.Earn)
		switch {
		case s.in.Points <= 0 || paid:
		case r.Refuse != "":
			s.refuse(r, r.Refuse, 0)
		default:
			paid = s.payWith(r)
		}
	}
	s.earns = earned(sum(s.left), earn)
	if s.in.Points > 0 && !paid && !slices.ContainsFunc(s.refused, func(r promo.Refusal) bool { return r.Kind == promo.Points }) {
		s.refuse(promo.Rule{Kind: promo.Points}, promo.NothingLeft, 0)
	}
}

// payWith takes as many of the chosen points as the rule lets pay: no more than
// are needed for what they pay.
func (s *state) payWith(r promo.Rule) bool {
	lines, _, left := s.open(r)
	worth := r.Price.Amount // of a hundred
	if worth <= 0 || s.in.Points > most/max(worth, 1) {
		return false
	}
	off := s.in.Points * worth / 100
	if len(r.Tiers) > 0 && r.Tiers[0].Rate > 0 {
		off = min(off, part(left, r.Tiers[0].Rate))
	}
	if r.Most.Amount > 0 {
		off = min(off, r.Most.Amount)
	}
	if off = min(off, left); off <= 0 {
		return false
	}
	s.take(r, lines, off)
	s.points = (off*100 + worth - 1) / worth
	s.uses = append(s.uses, promo.Use{Kind: r.Kind, Rule: r.ID, Ref: r.Ref, N: s.points, Amount: s.money(off)})
	return true
}

// earned is how many points so much paid for goods brings.
func earned(paid int64, earn money.Rate) int64 {
	n, err := money.Money{Amount: paid}.Part(earn)
	if err != nil {
		return 0
	}
	return n.Amount / 100
}
