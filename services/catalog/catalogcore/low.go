package catalogcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// WatchStock stores the threshold with the SKU.
func (c *Core) WatchStock(ctx context.Context, in catalog.WatchStock) (catalog.LowStock, error) {
	if _, err := c.ownSKU(ctx, in.ID); err != nil {
		return catalog.LowStock{}, err
	}
	change := docdb.Change{Field: "low", Verb: docdb.Set, Value: in.Threshold}
	if in.Threshold == 0 {
		change = docdb.Change{Field: "low", Verb: docdb.Remove}
	}
	home, err := c.skus.UpdateIf(ctx, string(in.ID), nil, []docdb.Change{change, {Field: "low_since", Verb: docdb.Remove}})
	if err != nil {
		return catalog.LowStock{}, err
	}
	return c.low(ctx, home)
}

// low counts what is left of a watched SKU.
func (c *Core) low(ctx context.Context, home skuHome) (catalog.LowStock, error) {
	out := catalog.LowStock{SKU: home.ID, Product: home.Product, Threshold: home.Low}
	if len(home.Components) > 0 {
		var err error
		out.Available, err = c.whole(ctx, home.Components)
		return out, err
	}
	sum, err := c.count(ctx, home.ID)
	out.Available = sum.Available
	return out, err
}

// LowStock walks the watched SKUs and keeps those that are low.
func (c *Core) LowStock(ctx context.Context, in catalog.AskLow) (page.Page[catalog.LowStock], error) {
	a, err := catalog.Require(ctx, c, catalog.DoStock)
	if err != nil {
		return page.Page[catalog.LowStock]{}, err
	}
	watched, err := c.skus.Find(ctx, docdb.Query{Index: "low", Equal: []any{string(a.Merchant)}, Limit: in.Size(50, 200), After: in.After})
	if err != nil {
		return page.Page[catalog.LowStock]{}, err
	}
	out := page.Page[catalog.LowStock]{Items: []catalog.LowStock{}, Next: watched.Next}
	for _, home := range watched.Items {
		x, err := c.low(ctx, home)
		if err != nil {
			return out, err
		}
		if x.Available < x.Threshold {
			out.Items = append(out.Items, x)
		}
	}
	return out, nil
}

// errSame means that nothing is to be written.
var errSame = errors.New("catalog: no change")

// alert counts what is watched, and notes in each SKU, with the event that says
// so, that it has become low.
func (c *Core) alert(ctx context.Context) error {
	return walk(ctx, c.skus, docdb.Query{Index: "low"}, func(home skuHome) error { return c.alertOne(ctx, home) })
}

func (c *Core) alertOne(ctx context.Context, home skuHome) error {
	x, err := c.low(ctx, home)
	if err != nil {
		return err
	}
	low := x.Available < x.Threshold
	if low != home.LowSince.IsZero() {
		return nil
	}
	_, err = c.skus.Update(ctx, string(home.ID), func(h *skuHome) error {
		switch {
		case h.Low != home.Low, low != h.LowSince.IsZero():
			return errSame // the shop or a twin was first
		case !low:
			h.LowSince = time.Time{}
			return nil
		}
		h.LowSince = c.Now()
		h.Add(c.Now(), catalog.StockLow.Event(h.LowSince, fmt.Sprintf("%s.%d", h.ID, h.LowSince.UnixMilli()),
			catalog.StockLowData{LowStock: x, Merchant: h.Merchant, At: h.LowSince}))
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	if err == nil && low {
		c.alerts.Kick(string(home.ID))
	}
	return err
}
