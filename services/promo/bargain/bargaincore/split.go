package bargaincore

import (
	crand "crypto/rand"
	"math/rand/v2"
	"slices"

	"meadow/services/kernel/money"
)

// Weights of cuts. A new user's weighs more than any other, and at most
// bargain.LargestOfSmallest times the least.
const (
	leastWeight = 100
	usualWeight = 200
	mostWeight  = 300
)

// secret returns a source of numbers that nobody can foresee.
func secret() *rand.Rand {
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // never fails: crypto/rand aborts the process instead
	return rand.New(rand.NewChaCha8(seed))
}

// split shares total out to cuts of at least one minor unit each, which sum to
// it. The first of them, news in number, are the larger ones for new users;
// within each kind they diminish.
func split(total money.Money, cuts, news int, r *rand.Rand) (newCuts, rest []int64, err error) {
	weights := make([]int64, cuts)
	for i := range weights {
		if i < news {
			weights[i] = usualWeight + r.Int64N(mostWeight-usualWeight+1)
		} else {
			weights[i] = leastWeight + r.Int64N(usualWeight-leastWeight+1)
		}
	}
	descending := func(w []int64) {
		slices.Sort(w)
		slices.Reverse(w)
	}
	descending(weights[:news])
	descending(weights[news:])
	total.Amount -= int64(cuts) // one for each, so that none is nothing
	parts, err := total.Split(weights...)
	if err != nil {
		return nil, nil, err
	}
	all := make([]int64, cuts)
	for i, p := range parts {
		all[i] = p.Amount + 1
	}
	return all[:news:news], all[news:], nil
}
