package catalogcore

import (
	"context"

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
	home, err := c.skus.UpdateIf(ctx, string(in.ID), nil, []docdb.Change{change})
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
