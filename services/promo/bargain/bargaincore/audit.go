package bargaincore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/services/platform/docdb"
)

// Breach is an invariant that does not hold, and where.
type Breach struct {
	Rule  string `json:"rule"`
	Where string `json:"where"`
	Fact  string `json:"fact"`
}

// Audit reads every bargain and every offer's places, and returns what does not
// hold.
func (c *Core) Audit(ctx context.Context) ([]Breach, error) {
	var out []Breach
	say := func(rule, where, fact string, args ...any) {
		out = append(out, Breach{rule, where, fmt.Sprintf(fact, args...)})
	}
	err := c.bargains.Each(ctx, func(name string, b record) error {
		var taken, left int64
		for i, h := range b.Helps {
			taken += h.Cut
			if h.Cut <= 0 {
				say("a cut lowers the price", name, "%d by %s", h.Cut, h.User)
			}
			if slices.ContainsFunc(b.Helps[:i], func(x help) bool { return x.User == h.User || same(x.As, h.As) }) {
				say("a person helps once", name, "%s", h.User)
			}
		}
		for _, n := range slices.Concat(b.New, b.Rest) {
			left += n
		}
		if taken+left != b.Start.Amount-b.Floor.Amount || b.Price.Amount != b.Start.Amount-taken || b.Price.Amount < b.Floor.Amount {
			say("cuts sum to the range", name, "%d taken and %d left from %d to %d, now %d", taken, left, b.Start.Amount, b.Floor.Amount, b.Price.Amount)
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	return out, c.offers.Each(ctx, func(name string, o offer) error {
		p, err := c.places.Get(ctx, name)
		if errors.Is(err, docdb.ErrNotFound) {
			return nil // it has not started
		}
		if err == nil && (p.Left < 0 || p.Left+int64(len(p.Taken)) > o.Stock) {
			say("an offer has so many places", name, "%d left and %d taken of %d", p.Left, len(p.Taken), o.Stock)
		}
		return err
	})
}
