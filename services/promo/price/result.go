package price

import (
	"cmp"
	"slices"

	"meadow/services/promo"
)

// finish does what comes after the searched steps.
func (s *state) finish(rules []promo.Rule) {
	s.pay(rules)
	s.carry(rules)
	s.levy()
}

// total is what the buyer pays, once finished.
func (s *state) total() int64 { return sum(s.left) + sum(s.shipping) + sum(s.tax) }

// result says it in the contract's words.
func (s *state) result() promo.Priced {
	goods := sum(s.base)
	out := promo.Priced{
		Lines: make([]promo.PricedLine, len(s.base)), Savings: s.savings, Refusals: s.refused, Carries: s.carries, Uses: s.uses,
		Goods: s.money(goods), Saved: s.money(goods - sum(s.left) + s.carried), Shipping: s.money(sum(s.shipping)),
		Tax: s.money(sum(s.tax)), Total: s.money(s.total()), Points: s.points, Earns: s.earns,
	}
	for i := range out.Lines {
		out.Lines[i] = promo.PricedLine{
			Price: s.money(s.price[i]), Amount: s.money(s.base[i]), Saved: s.money(s.base[i] - s.left[i]),
			Platform: s.money(s.bears[i]), Shipping: s.money(s.shipping[i]), Tax: s.money(s.tax[i]),
			Due: s.money(s.left[i] + s.shipping[i] + s.tax[i]),
		}
	}
	slices.SortFunc(out.Refusals, func(a, b promo.Refusal) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Rule, b.Rule))
	})
	// An empty list is a list: the screens need not ask.
	out.Savings, out.Refusals = append([]promo.Saving{}, out.Savings...), append([]promo.Refusal{}, out.Refusals...)
	out.Carries, out.Uses = append([]promo.Carry{}, out.Carries...), append([]promo.Use{}, out.Uses...)
	return out
}
