package flashsalecore

import (
	"context"
	"fmt"

	"meadow/services/kernel/id"
	"meadow/services/promo/flashsale"
)

// Breach is an invariant that does not hold, and where.
type Breach struct {
	Rule  string `json:"rule"`
	Where string `json:"where"`
	Fact  string `json:"fact"`
}

// Audit reads everything and returns what does not hold. It is right while
// nothing moves; otherwise a breach may be a step on its way.
func (c *Core) Audit(ctx context.Context) ([]Breach, error) {
	var out []Breach
	say := func(rule, where, fact string, args ...any) {
		out = append(out, Breach{rule, where, fmt.Sprintf(fact, args...)})
	}
	orders := map[id.Order]order{}
	bought, going, limits := map[string]int64{}, map[string]int64{}, map[string]int64{}
	err := c.orders.Each(ctx, func(_ string, r order) error {
		orders[r.ID] = order{Gen: r.Gen, State: r.State}
		for _, p := range r.Parts {
			switch r.State {
			case sold:
				bought[p.Cell] += p.N
			case returning:
				going[p.Cell] += p.N
			}
			if p.Limit > 0 {
				limits[p.Cell] = p.Limit
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	places := map[string]int64{}
	err = c.cells.Each(ctx, func(name string, x cell) error {
		var held, uncounted int64
		for o, h := range x.Holds {
			held += h.N
			r, ok := orders[id.Order(o)]
			switch {
			case !ok || r.Gen != h.Gen || r.State == free || r.State == returned:
				say("a place is held by its order", name, "%d held by %s, which is %q", h.N, o, r.State)
			case r.State == sold:
				uncounted += h.N
			}
		}
		whole := x.Left + x.Held + x.Sold
		if x.Left < 0 || x.Held != held {
			say("a cell counts what is held", name, "%d left, %d held, holds of %d", x.Left, x.Held, held)
		}
		if n := x.Sold + uncounted; n < bought[name] || n > bought[name]+going[name] {
			say("a cell counts what was bought", name, "%d sold, %d to be counted, orders bought %d", x.Sold, uncounted, bought[name])
		}
		if x.Of != "" {
			places[x.Of] += whole
		} else if limit, known := limits[name]; known && whole != limit { // orders are forgotten in time
			say("a person has a limit", name, "%d of %d", whole, limit)
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	return out, c.sales.Each(ctx, func(_ string, s sale) error {
		for _, x := range s.Items {
			if got := places[s.ofItem(x.SKU)]; s.State != flashsale.Draft && got != x.N {
				say("an allotment is left, held or sold", s.ofItem(x.SKU), "%d of %d", got, x.N)
			}
		}
		return nil
	})
}
