package price

import (
	"slices"

	"meadow/services/kernel/money"
	"meadow/services/promo"
)

// carry lowers each shop's carriage by the one rule that lowers it most, and
// shares what is left of it out over the shop's lines.
func (s *state) carry(rules []promo.Rule) {
	type lowered struct {
		rule   promo.Rule
		amount int64
		shares []int64
	}
	var all []lowered
	for c := range s.carries {
		weights := s.loads(s.carries[c])
		fee := s.carries[c].Fee.Amount
		best, off := promo.Rule{}, int64(0)
		for _, r := range rules {
			if r.Kind != promo.Carriage || r.Refuse != "" || !s.sends(r, s.carries[c]) {
				continue
			}
			if n := s.frees(r, fee); n > off {
				best, off = r, n
			}
		}
		for i, n := range split(fee-off, weights) {
			s.shipping[i] += n
		}
		if off == 0 {
			continue
		}
		s.carries[c].Fee.Amount = fee - off
		shares := split(off, weights)
		at := slices.IndexFunc(all, func(l lowered) bool { return l.rule.ID == best.ID && l.rule.Ref == best.Ref })
		if at < 0 {
			all = append(all, lowered{rule: best, shares: make([]int64, len(weights))})
			at = len(all) - 1
		}
		all[at].amount += off
		for i, n := range shares {
			all[at].shares[i] += n
		}
	}
	for _, l := range all {
		s.noteCarried(l.rule, l.amount, l.shares)
	}
	for _, r := range rules {
		if r.Kind != promo.Carriage || slices.ContainsFunc(all, func(l lowered) bool { return l.rule.ID == r.ID && l.rule.Ref == r.Ref }) {
			continue
		}
		s.refuseCarriage(r)
	}
}

func (s *state) noteCarried(r promo.Rule, amount int64, shares []int64) {
	platform := part(amount, r.Platform)
	for i, n := range split(platform, shares) {
		s.bears[i] += n
	}
	s.carried += amount
	s.savings = append(s.savings, promo.Saving{
		Rule: r.ID, Kind: r.Kind, Scope: r.Scope, Name: r.Name,
		Amount: s.money(amount), Platform: s.money(platform), Shares: shares,
	})
	if r.Limited {
		s.uses = append(s.uses, promo.Use{Kind: r.Kind, Rule: r.ID, Ref: r.Ref, N: 1, Amount: s.money(amount)})
	}
}

func (s *state) refuseCarriage(r promo.Rule) {
	_, base, _ := s.whole(r)
	_, short := saves(r, base, base)
	switch {
	case r.Refuse != "":
		s.refuse(r, r.Refuse, 0)
	case len(r.Lines) == 0:
		s.refuse(r, promo.NoGoods, 0)
	case short > 0:
		s.refuse(r, promo.BelowThreshold, short)
	case slices.ContainsFunc(s.in.Carries, func(c promo.Carry) bool { return c.Fee.Amount > 0 && s.sends(r, c) }):
		s.refuse(r, promo.NotStackable, 0)
	case s.chose(r):
		s.refuse(r, promo.NothingLeft, 0)
	}
}

// frees is what a rule takes off a carriage of fee.
func (s *state) frees(r promo.Rule, fee int64) int64 {
	lines, base, _ := s.open(r)
	if len(lines) == 0 {
		return 0
	}
	free := r
	free.Tiers = slices.Clone(r.Tiers)
	for i, t := range free.Tiers {
		if t.Off.Amount == 0 && t.Rate == 0 {
			free.Tiers[i].Rate = money.Whole
		}
	}
	free.Each = false
	off, _ := saves(free, base, fee)
	return off
}

// sends reports whether a rule is for the carriage of this shop.
func (s *state) sends(r promo.Rule, c promo.Carry) bool {
	return slices.ContainsFunc(r.Lines, func(i int) bool { return s.in.Lines[i].Merchant == c.Merchant })
}

// loads is by what carriage is shared out: the shop's lines at their deal prices,
// or by units where all are free. Carriage of a shop without lines falls on the
// first line, so that no money is lost.
func (s *state) loads(c promo.Carry) []int64 {
	weights := make([]int64, len(s.base))
	for i, l := range s.in.Lines {
		if l.Merchant == c.Merchant {
			weights[i] = s.base[i]
		}
	}
	if sum(weights) > 0 {
		return weights
	}
	for i, l := range s.in.Lines {
		if l.Merchant == c.Merchant {
			weights[i] = l.N
		}
	}
	if sum(weights) == 0 {
		weights[0] = 1
	}
	return weights
}
