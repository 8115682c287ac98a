package price

import (
	"cmp"
	"slices"

	"meadow/services/promo"
)

// effort bounds the search, in tries times what a try looks at. A basket with a
// dozen rules is searched whole. One with so many that this is reached keeps the
// best found, which is no worse than taking the rules by what each saves alone.
const effort = 40_000

// few is how many candidates are searched at once, without a first guess.
const few = 8

// hunt is one search.
type hunt struct {
	rules []promo.Rule // all, for what comes after
	cands []promo.Rule
	rest  []int64 // the most that candidates from i on can save together
	ship  int64   // the least that carriage can cost
	pays  int64   // the most that points can pay
	tries int     // left
	best  *state
	used  []bool
	with  []bool
}

// candidates are the rules of steps 2 to 5 that might save something; the others
// are refused.
func (s *state) candidates(rules []promo.Rule) []promo.Rule {
	var out []promo.Rule
	known := map[string]bool{}
	for _, r := range rules {
		known[r.ID], known[r.Ref] = true, true
		chosen := s.chose(r)
		if step(r) == 0 || r.Kind == promo.Coupon && !chosen && !s.in.Best {
			continue
		}
		_, base, left := s.whole(r)
		off, short := saves(r, base, left)
		switch {
		case r.Refuse != "":
			s.refuse(r, r.Refuse, 0)
		case len(r.Lines) == 0:
			if chosen || r.Kind == promo.Coupon {
				s.refuse(r, promo.NoGoods, 0)
			}
		case short > 0:
			s.refuse(r, promo.BelowThreshold, short)
		case off <= 0:
			s.refuse(r, promo.NothingLeft, 0)
		default:
			out = append(out, r)
		}
	}
	for _, c := range s.in.Coupons {
		if !known[c] {
			s.refuse(promo.Rule{ID: c, Kind: promo.Coupon}, promo.Unknown, 0)
		}
	}
	return out
}

func (s *state) chose(r promo.Rule) bool {
	return r.Chosen || r.Kind == promo.Coupon && (slices.Contains(s.in.Coupons, r.ID) || r.Ref != "" && slices.Contains(s.in.Coupons, r.Ref))
}

// whole is all of a rule's lines, whatever lowered them.
func (s *state) whole(r promo.Rule) (lines []int, base, left int64) {
	for _, i := range r.Lines {
		base += s.base[i]
		left += s.left[i]
	}
	return r.Lines, base, left
}

// search returns the finished price with the candidates that make it lowest. Of
// two ways that cost the same it is the one found first, which uses what ends
// first.
func (s *state) search(cands, rules []promo.Rule) *state {
	h := &hunt{rules: rules, cands: cands, tries: effort / (1 + len(s.in.Lines) + len(cands)), rest: make([]int64, len(cands)+1), with: make([]bool, len(cands))}
	for i := len(cands) - 1; i >= 0; i-- {
		_, base, left := s.whole(cands[i])
		off, _ := saves(cands[i], base, left)
		h.rest[i] = h.rest[i+1] + off
	}
	bare := s.fork()
	bare.carry(rules)
	if !slices.ContainsFunc(rules, func(r promo.Rule) bool { return r.Kind == promo.Carriage && len(r.Apart) > 0 }) {
		h.ship = sum(bare.shipping)
	}
	for _, r := range rules {
		if r.Kind == promo.Points && r.Refuse == "" && s.in.Points > 0 && r.Price.Amount > 0 && s.in.Points <= most/r.Price.Amount {
			h.pays = max(h.pays, s.in.Points*r.Price.Amount/100)
		}
	}
	if len(cands) > few {
		h.guess(s)
	}
	h.from(s, 0)
	h.spare(s)
	for i, r := range cands {
		if !h.used[i] {
			h.best.refuse(r, h.best.why(r), 0)
		}
	}
	return h.best
}

// guess takes the candidates by what each saves alone, those that save most first,
// as far as they make the total lower.
func (h *hunt) guess(s *state) {
	by := make([]int, len(h.cands))
	for i := range by {
		by[i] = i
	}
	alone := func(i int) int64 { return h.rest[i] - h.rest[i+1] }
	slices.SortStableFunc(by, func(a, b int) int { return cmp.Compare(alone(b), alone(a)) })
	with := make([]bool, len(h.cands))
	h.best, h.used = h.played(s, with), slices.Clone(with)
	for _, i := range by {
		with[i] = true
		if f := h.played(s, with); f.total() < h.best.total() {
			h.best, h.used = f, slices.Clone(with)
		} else {
			with[i] = false
		}
	}
}

// played is the finished price with some of the candidates.
func (h *hunt) played(s *state, with []bool) *state {
	f := s.fork()
	for i, r := range h.cands {
		if with[i] {
			f.apply(r)
		}
	}
	f.finish(h.rules)
	return f
}

// spare keeps a coupon for another time where it makes nothing cheaper.
func (h *hunt) spare(s *state) {
	for i, r := range h.cands {
		if !h.used[i] || !r.Limited || r.Kind != promo.Coupon {
			continue
		}
		with := slices.Clone(h.used)
		with[i] = false
		if f := h.played(s, with); f.total() <= h.best.total() {
			h.best, h.used[i] = f, false
		}
	}
}

// why says why a rule that saves something by itself is not used.
func (s *state) why(r promo.Rule) string {
	lines, _, left := s.open(r)
	if len(lines) == len(r.Lines) && left == 0 {
		return promo.NothingLeft
	}
	return promo.NotStackable
}

// from tries the candidates from i on, on top of s: each with and without.
func (h *hunt) from(s *state, i int) {
	if h.best != nil && (h.tries <= 0 || max(sum(s.left)-h.rest[i]-h.pays, 0)+h.ship >= h.best.total()) {
		return
	}
	h.tries--
	for ; i < len(h.cands); i++ {
		if !s.applies(h.cands[i]) {
			continue
		}
		f := s.fork()
		f.apply(h.cands[i])
		h.with[i] = true
		h.from(f, i+1)
		h.with[i] = false
		h.from(s, i+1)
		return
	}
	f := s.fork()
	f.finish(h.rules)
	if h.best == nil || f.total() < h.best.total() {
		h.best, h.used = f, slices.Clone(h.with)
	}
}

// applies reports whether a rule would save anything now.
func (s *state) applies(r promo.Rule) bool {
	_, base, left := s.open(r)
	off, _ := saves(r, base, left)
	return off > 0
}
