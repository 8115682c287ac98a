// Package price computes what a choice costs: one pure function of lines, rules
// and what the buyer chose. It asks nobody, knows no clock, and the order in
// which rules are given does not matter.
//
// It goes in this order, each step on what the one before left:
//
//  1. deals: of each line the one it names, else the lowest flash or member price
//  2. the shop's full reduction and full discount
//  3. the shop's coupons
//  4. the platform's full reduction and full discount
//  5. the platform's coupons
//  6. points
//  7. carriage
//  8. tax, where prices do not hold it
//
// Which of the rules of steps 2 to 5 are used is searched for: those that make
// the total lowest, among all that go together by the matrix (see Together).
// Every saving is shared out over its lines by largest remainder and never takes
// more of a line than is left of it.
package price

import (
	"slices"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/money"
	"meadow/services/promo"
)

// errCount answers amounts that do not fit.
var errCount = errs.ErrInvalid.With("lines", "come to more than we can count")

// Quote prices in by rules and taxes. The errors are those of a deal that a line
// names (promo.ErrNotYours, ErrEnded, ErrNotYet, ErrLimit, ErrUsedUp), and
// errs.ErrInvalid.
func Quote(in promo.PriceAsk, rules []promo.Rule, taxes Taxes) (promo.Priced, error) {
	s, err := begin(in, taxes)
	if err != nil {
		return promo.Priced{}, err
	}
	rules = s.ordered(rules)
	if err := s.deals(rules); err != nil {
		return promo.Priced{}, err
	}
	found := s.search(s.candidates(rules), rules)
	return found.result(), nil
}

// state is a price being computed. A fork shares nothing that changes.
type state struct {
	in      promo.PriceAsk
	taxes   Taxes
	cur     string
	price   []int64         // of one unit, by line
	base    []int64         // at deal prices, by line
	left    []int64         // base without savings so far
	touched [][]*promo.Rule // what lowered each line so far
	bears   []int64         // what the platform bears, by line
	savings []promo.Saving
	uses    []promo.Use
	refused []promo.Refusal

	carries  []promo.Carry // after rules
	shipping []int64       // by line, after rules
	carried  int64         // sum of savings on carriage
	tax      []int64
	points   int64
	earns    int64
}

// begin checks what is asked and starts from the prices of everybody.
func begin(in promo.PriceAsk, taxes Taxes) (*state, error) {
	n := len(in.Lines)
	if n == 0 {
		return nil, errs.ErrInvalid.With("lines", "are missing")
	}
	s := &state{
		in: in, taxes: taxes, cur: in.Lines[0].Price.Currency,
		price: make([]int64, n), base: make([]int64, n), left: make([]int64, n), bears: make([]int64, n),
		shipping: make([]int64, n), tax: make([]int64, n), touched: make([][]*promo.Rule, n),
	}
	var sum money.Money
	for i, l := range in.Lines {
		if l.N < 1 || l.Price.Amount < 0 || l.Price.Currency != s.cur {
			return nil, errs.ErrInvalid.With("lines", "have no price or no number")
		}
		amount, err := l.Price.Times(l.N)
		if err != nil {
			return nil, errCount.Because(err)
		}
		if sum, err = sum.Add(amount); err != nil || sum.Amount > most {
			return nil, errCount
		}
		s.price[i], s.base[i] = l.Price.Amount, amount.Amount
	}
	for _, c := range in.Carries {
		if c.Fee.Amount < 0 || c.Fee.Amount > most || c.Fee.Currency != s.cur && !c.Fee.IsZero() {
			return nil, errs.ErrInvalid.With("carries", "have no sense")
		}
		c.Fee.Currency = s.cur
		s.carries = append(s.carries, c)
	}
	copy(s.left, s.base)
	return s, nil
}

// most is what an order may come to, in minor units: tax on it and a hundred
// such orders still fit in 64 bits.
const most = 1 << 52

func (s *state) money(amount int64) money.Money {
	return money.Money{Amount: amount, Currency: s.cur}
}

// fork returns a copy to try something on.
func (s *state) fork() *state {
	f := *s
	f.left, f.bears = slices.Clone(s.left), slices.Clone(s.bears)
	f.shipping, f.tax, f.carries = slices.Clone(s.shipping), slices.Clone(s.tax), slices.Clone(s.carries)
	f.touched = slices.Clone(s.touched) // its slices are only ever appended to a clip
	f.savings, f.uses, f.refused = slices.Clip(s.savings), slices.Clip(s.uses), slices.Clip(s.refused)
	return &f
}

func sum(ns []int64) int64 {
	var t int64
	for _, n := range ns {
		t += n
	}
	return t
}

// split shares amount out by weights that are not all zero.
func split(amount int64, weights []int64) []int64 {
	out := make([]int64, len(weights))
	if amount == 0 {
		return out
	}
	parts, err := money.Money{Amount: amount}.Split(weights...)
	if err != nil {
		return out // weights were all zero, so there was nothing to share
	}
	for i, p := range parts {
		out[i] = p.Amount
	}
	return out
}

// part is rate of amount, rounded towards zero; a rate is at most all of it.
func part(amount int64, rate money.Rate) int64 {
	m, err := money.Money{Amount: amount}.Part(min(max(rate, 0), money.Whole))
	if err != nil {
		return 0
	}
	return m.Amount
}
