package price

import (
	"cmp"

	"meadow/services/promo"
)

// deals sets each line's price: that of the deal it names, else the lowest that
// is open to it.
func (s *state) deals(rules []promo.Rule) error {
	offers := make([][]promo.Rule, len(s.base))
	for _, r := range rules {
		if !deal(r.Kind) {
			continue
		}
		for _, i := range r.Lines {
			offers[i] = append(offers[i], r)
		}
	}
	for i, l := range s.in.Lines {
		r, err := s.dealOf(l, offers[i])
		if err != nil {
			return err
		}
		if r.ID == "" {
			continue
		}
		price := min(max(r.Price.Amount, 0), l.Price.Amount)
		s.price[i], s.base[i], s.left[i] = price, price*l.N, price*l.N
		s.touched[i] = []*promo.Rule{&r}
		if r.Limited || exclusive(r.Kind) {
			s.use(r, l, (l.Price.Amount-price)*l.N)
		}
	}
	return nil
}

// use notes what a line takes of its deal. A member price is one thing to take,
// however many lines have it.
func (s *state) use(r promo.Rule, l promo.Line, saved int64) {
	u := promo.Use{Kind: r.Kind, Rule: r.ID, Ref: r.Ref, SKU: l.SKU, N: l.N, Amount: s.money(saved)}
	if r.Kind == promo.Member {
		u.SKU = ""
		for i, v := range s.uses {
			if v.Kind == u.Kind && v.Rule == u.Rule {
				s.uses[i].N += u.N
				s.uses[i].Amount.Amount += saved
				return
			}
		}
	}
	s.uses = append(s.uses, u)
}

// dealOf chooses among the offers of a line; the zero Rule is none.
func (s *state) dealOf(l promo.Line, offers []promo.Rule) (promo.Rule, error) {
	named := l.Deal.Kind != ""
	var best promo.Rule
	for _, r := range offers {
		switch {
		case named && (r.Kind != l.Deal.Kind || r.ID != l.Deal.ID):
			continue
		case named && r.Refuse != "":
			return best, refusal(r.Refuse)
		case !named && (r.Kind == promo.Group || r.Kind == promo.Chop):
			continue // these are only for who asks for them
		case r.Refuse != "":
			s.refuse(r, r.Refuse, 0)
			continue
		case !named && r.Price.Amount >= l.Price.Amount:
			continue
		}
		if best.ID == "" || better(r, best) {
			best = r
		}
	}
	if named && best.ID == "" {
		return best, promo.ErrEnded
	}
	return best, nil
}

func better(a, b promo.Rule) bool {
	return cmp.Or(cmp.Compare(a.Price.Amount, b.Price.Amount), ending(a.Until, b.Until), cmp.Compare(a.ID, b.ID)) < 0
}

// refusal is the error of a deal that a line names and cannot have.
func refusal(reason string) error {
	switch reason {
	case promo.NotYours:
		return promo.ErrNotYours
	case promo.NotBegun:
		return promo.ErrNotYet
	case promo.OverLimit:
		return promo.ErrLimit
	case promo.UsedUp:
		return promo.ErrUsedUp
	}
	return promo.ErrEnded
}

// refuse notes why a rule does not apply, once.
func (s *state) refuse(r promo.Rule, reason string, short int64) {
	out := promo.Refusal{Rule: r.ID, Kind: r.Kind, Name: r.Name, Reason: reason}
	if r.Ref != "" && r.Kind == promo.Coupon {
		out.Rule = r.Ref
	}
	if short > 0 {
		out.Short = s.money(short)
	}
	for _, other := range s.refused {
		if other.Rule == out.Rule && other.Kind == out.Kind {
			return
		}
	}
	s.refused = append(s.refused[:len(s.refused):len(s.refused)], out)
}
