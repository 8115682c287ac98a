package checkoutcore

import (
	"meadow/services/checkout"
	"meadow/services/kernel/money"
)

// Terms are what paying in instalments costs: Fee of the total, for all Months
// together.
type Terms struct {
	Months int
	Fee    money.Rate
}

// UsualPlans are the terms of a shop that says nothing else.
var UsualPlans = []Terms{{Months: 3, Fee: 180}, {Months: 6, Fee: 330}, {Months: 12, Fee: 660}}

// leastPlanned is the least total, in minor units, that is paid in instalments.
const leastPlanned = 10_000

// plans are the ways to pay total in instalments. The first instalment falls due
// a month after the purchase, and each is a twelfth of a year after the one
// before.
func plans(total money.Money, terms []Terms) []checkout.Plan {
	out := []checkout.Plan{}
	if total.Amount < leastPlanned {
		return out
	}
	for _, t := range terms {
		cost, err := total.Part(t.Fee)
		if err != nil || t.Months < 1 {
			continue
		}
		whole, err := total.Add(cost)
		if err != nil {
			continue // more than can be counted is not lent
		}
		each := whole.Amount / int64(t.Months)
		out = append(out, checkout.Plan{
			Months: t.Months, Each: money.Money{Amount: each, Currency: total.Currency}, Cost: cost, Total: whole,
			APR: yearly(total.Amount, whole.Amount-each*int64(t.Months-1), each, t.Months),
		})
	}
	return out
}

// one is 1 in the fixed point that rates are found in.
const one = 1_000_000_000

// yearly is the effective rate of a year at which the instalments are worth what
// was lent, rounded up: nobody pays more than they were told. The monthly rate is
// found by halving.
func yearly(lent, first, each int64, months int) money.Rate {
	worth := func(monthly int64) int64 { // of the instalments today, of one lent
		var v int64
		for k := months; k >= 1; k-- {
			instalment := each
			if k == 1 {
				instalment = first
			}
			v = (v + share(instalment, lent)) * one / (one + monthly)
		}
		return v
	}
	low, high := int64(0), int64(one)
	for high-low > 1 {
		if mid := (low + high) / 2; worth(mid) > one {
			low = mid
		} else {
			high = mid
		}
	}
	if low == 0 {
		return 0
	}
	grown := int64(one)
	for range 12 {
		if grown = grown * (one + high) / one; grown > 8*one {
			break // beyond what any shop may ask
		}
	}
	const point = one / int64(money.Whole)
	return money.Rate((grown - one + point - 1) / point)
}

// share is a of b in fixed point.
func share(a, b int64) int64 {
	part, err := money.Money{Amount: one}.Times(a)
	if err != nil { // too large for that many digits; the last of them do not matter
		return a / (b / one)
	}
	return part.Amount / b
}
