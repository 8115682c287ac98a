package catalogcore

import (
	"context"
	"errors"
	"slices"
	"strings"

	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// OpenWarehouse stores a warehouse under an id derived from the request.
func (c *Core) OpenWarehouse(ctx context.Context, in catalog.OpenWarehouse) (catalog.Warehouse, error) {
	a, err := catalog.Require(ctx, c, catalog.DoStock)
	if err != nil {
		return catalog.Warehouse{}, err
	}
	have, err := c.warehouses.Find(ctx, docdb.Query{Index: "merchant", Equal: []any{string(a.Merchant)}, Limit: catalog.MaxWarehouses})
	if err != nil {
		return catalog.Warehouse{}, err
	}
	w := catalog.Warehouse{ID: id.Warehouse(id.Derive("whs", string(a.Merchant), in.RequestID)), Merchant: a.Merchant}
	c.fillWarehouse(&w, in.WarehouseSheet)
	known := slices.ContainsFunc(have.Items, func(x catalog.Warehouse) bool { return x.ID == w.ID })
	if len(have.Items) == catalog.MaxWarehouses && !known {
		return catalog.Warehouse{}, catalog.ErrWarehouses
	}
	err = c.warehouses.Insert(ctx, string(w.ID), w)
	if errors.Is(err, docdb.ErrExists) {
		before, err := c.warehouses.Get(ctx, string(w.ID))
		if err == nil && before.Name != w.Name {
			err = rpc.ErrReused
		}
		return before, err
	}
	return w, err
}

func (c *Core) fillWarehouse(w *catalog.Warehouse, s catalog.WarehouseSheet) {
	w.Name, w.Region, w.Near, w.UpdatedAt = s.Name, s.Region, listed(s.Near), c.Now()
}

func (c *Core) EditWarehouse(ctx context.Context, in catalog.EditWarehouse) (catalog.Warehouse, error) {
	a, err := catalog.Require(ctx, c, catalog.DoStock)
	if err != nil {
		return catalog.Warehouse{}, err
	}
	w, err := c.warehouses.Update(ctx, string(in.ID), func(w *catalog.Warehouse) error {
		if w.Merchant != a.Merchant {
			return catalog.ErrNoSuchWarehouse
		}
		c.fillWarehouse(w, in.WarehouseSheet)
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return catalog.Warehouse{}, catalog.ErrNoSuchWarehouse.Because(err)
	}
	if err != nil {
		return catalog.Warehouse{}, err
	}
	return w, nil
}

func (c *Core) Warehouses(ctx context.Context, in catalog.AskWarehouses) (page.Page[catalog.Warehouse], error) {
	a, err := catalog.Require(ctx, c, catalog.DoStock)
	if err != nil {
		return page.Page[catalog.Warehouse]{}, err
	}
	return c.warehouses.Find(ctx, docdb.Query{Index: "merchant", Equal: []any{string(a.Merchant)}, Limit: in.Size(20, 50), After: in.After})
}

// ownWarehouse refuses a warehouse that is not a shop's. Its first place is.
func (c *Core) ownWarehouse(ctx context.Context, m id.Merchant, w id.Warehouse) error {
	if w == "" {
		return nil
	}
	x, err := c.warehouses.Get(ctx, string(w))
	if errors.Is(err, docdb.ErrNotFound) || err == nil && x.Merchant != m {
		return catalog.ErrNoSuchWarehouse
	}
	return err
}

func (c *Core) StockPlaces(ctx context.Context, in catalog.BySKU) (catalog.StockPlaces, error) {
	if _, err := c.ownSKU(ctx, in.ID); err != nil {
		return catalog.StockPlaces{}, err
	}
	out := catalog.StockPlaces{Items: []catalog.WarehouseStock{}}
	q := docdb.Query{Index: "sku", Equal: []any{string(in.ID)}, Limit: 500}
	for {
		cells, err := c.heaps.Find(ctx, q)
		if err != nil {
			return out, err
		}
		for _, x := range cells.Items {
			i := slices.IndexFunc(out.Items, func(w catalog.WarehouseStock) bool { return w.Warehouse == x.Warehouse })
			if i < 0 {
				i = len(out.Items)
				out.Items = append(out.Items, catalog.WarehouseStock{SKU: in.ID, Warehouse: x.Warehouse})
			}
			w := &out.Items[i]
			w.OnHand += x.Available + x.Held
			w.Held += x.Held
			w.Available += x.Available
			w.Sold += x.Sold
		}
		if q.After = cells.Next; cells.Next == "" {
			break
		}
	}
	slices.SortFunc(out.Items, func(a, b catalog.WarehouseStock) int {
		return strings.Compare(string(a.Warehouse), string(b.Warehouse))
	})
	return out, nil
}

func (c *Core) Adjustments(ctx context.Context, in catalog.AskAdjustments) (page.Page[catalog.Adjustment], error) {
	a, err := catalog.Require(ctx, c, catalog.DoStock)
	if err != nil {
		return page.Page[catalog.Adjustment]{}, err
	}
	q := docdb.Query{Index: "merchant", Equal: []any{string(a.Merchant)}, Descending: true, Limit: in.Size(20, 100), After: in.After}
	if in.SKU != "" {
		if _, err := c.ownSKU(ctx, in.SKU); err != nil {
			return page.Page[catalog.Adjustment]{}, err
		}
		q.Index, q.Equal = "sku", []any{string(in.SKU)}
	}
	found, err := c.deliveries.Find(ctx, q)
	return page.Map(found, func(d delivery) catalog.Adjustment {
		return catalog.Adjustment{ID: d.ID, SKU: d.SKU, Warehouse: d.Warehouse, By: d.By, Reason: d.Reason, User: d.User, At: d.At, Failed: d.Failed}
	}), err
}
