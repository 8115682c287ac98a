package catalogcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// AuditStock reads every cell of every SKU. A cell is one document, so that its
// numbers and its holds are of one instant.
func (c *Core) AuditStock(ctx context.Context, in catalog.AskAudit) (page.Page[catalog.SKUAudit], error) {
	ask := page.Ask{After: in.After, Limit: in.Limit}
	homes, err := c.skus.Find(ctx, docdb.Query{Index: "merchant", Limit: ask.Size(100, 500), After: in.After})
	if err != nil {
		return page.Page[catalog.SKUAudit]{}, err
	}
	out := page.Page[catalog.SKUAudit]{Items: make([]catalog.SKUAudit, 0, len(homes.Items)), Next: homes.Next}
	for _, home := range homes.Items {
		one, err := c.audit(ctx, home)
		if err != nil {
			return page.Page[catalog.SKUAudit]{}, err
		}
		out.Items = append(out.Items, one)
	}
	return out, nil
}

func (c *Core) audit(ctx context.Context, home skuHome) (catalog.SKUAudit, error) {
	out := catalog.SKUAudit{Stock: catalog.Stock{SKU: home.ID}, Bundle: len(home.Components) > 0, Sound: true}
	q := docdb.Query{Index: "sku", Equal: []any{string(home.ID)}, Limit: 100}
	for {
		cells, err := c.cells.Find(ctx, q)
		if err != nil {
			return out, err
		}
		for _, x := range cells.Items {
			holds := int64(0)
			for _, h := range x.Holds {
				holds += h.N
			}
			out.Cells++
			out.Holds += holds
			out.Received += x.Received
			out.Available += x.Available
			out.Held += x.Held
			out.Sold += x.Sold
			out.Sound = out.Sound && x.Received == x.Available+x.Held+x.Sold && x.Held == holds && min(x.Available, x.Held, x.Sold) >= 0
		}
		if q.After = cells.Next; cells.Next == "" {
			out.Sound = out.Sound && !(out.Bundle && out.Cells > 0)
			return out, nil
		}
	}
}

// Breach is an invariant that does not hold, and where.
type Breach struct {
	Rule  string `json:"rule"`
	Where string `json:"where"`
	Fact  string `json:"fact"`
}

// stale is how old what was begun may be before nobody is at it any more.
const stale = time.Minute

// AuditHolds reads every cell and tells say of holds that nobody needs: those of
// no reservation, those that lapsed and were not swept, and those of an order
// that was paid or closed, which ended tells. It also compares what cells count
// as sold with what reservations are.
func (c *Core) AuditHolds(ctx context.Context, ended func(context.Context, id.Order) (time.Time, error), say func(Breach), tick func()) error {
	tell := func(rule, where, fact string, args ...any) { say(Breach{rule, where, fmt.Sprintf(fact, args...)}) }
	old := func(t time.Time) bool { return !t.IsZero() && c.Now().Sub(t) > stale }
	sure, maybe := map[string]int64{}, map[string]int64{} // sold, and perhaps, by cell
	err := c.reservations.Each(ctx, func(name string, r reservation) error {
		tick()
		if r.State != sold && old(r.Until) {
			tell("a hold lapses", name, "%s until %v", r.State, r.Until)
		}
		for _, p := range r.Parts {
			switch r.State {
			case sold:
				sure[p.Cell] += p.N - p.Back
				maybe[p.Cell] += p.Back // its way back may not be done
			case returning:
				maybe[p.Cell] += p.N
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.cells.Each(ctx, func(name string, x cell) error {
		tick()
		uncounted := int64(0)
		for o, h := range x.Holds {
			r, err := c.reservations.Get(ctx, o)
			if err != nil && !errors.Is(err, docdb.ErrNotFound) {
				return err
			}
			since, e := ended(ctx, id.Order(o))
			switch {
			case e != nil:
				return e
			case err != nil || r.Gen != h.Gen || r.State == returned:
				tell("a hold is of a reservation", name, "%d held by %s, which is %q", h.N, o, r.State)
			case old(since):
				tell("a hold does not outlive its order", name, "%d held by %s, over since %v", h.N, o, since)
			}
			if r.State == sold {
				uncounted += h.N
			}
		}
		if n := x.Sold + uncounted; n < sure[name] || n > sure[name]+maybe[name] {
			tell("a cell counts what was sold", name, "%d sold, %d to be counted; orders have %d", x.Sold, uncounted, sure[name])
		}
		return nil
	})
}
