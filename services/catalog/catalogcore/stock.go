package catalogcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// cellUnits is the most units a cell ever receives. It bounds how many orders
// can hold units of one document.
const cellUnits = 500

// cell is a heap of one SKU's units. Every step that moves units between its
// fields is one conditional change, so that Received = Available + Held + Sold
// at every instant.
type cell struct {
	ID        string          `bson:"_id"`
	SKU       id.SKU          `bson:"sku"`
	Product   id.Product      `bson:"product"`
	Warehouse id.Warehouse    `bson:"warehouse"` // "": the shop's first place
	Received  int64           `bson:"received"`
	Available int64           `bson:"available"`
	Held      int64           `bson:"held"`
	Sold      int64           `bson:"sold"`
	Holds     map[string]hold `bson:"holds"`
	// Marks are the steps of reservations that must not be done twice.
	Marks map[string]bool `bson:"marks"`
}

// heap is a cell's numbers: what most readers want of it, and quick to decode.
type heap struct {
	ID        string       `bson:"_id"`
	SKU       id.SKU       `bson:"sku"`
	Warehouse id.Warehouse `bson:"warehouse"`
	Received  int64        `bson:"received"`
	Available int64        `bson:"available"`
	Held      int64        `bson:"held"`
	Sold      int64        `bson:"sold"`
}

// hold is what one order has taken out of a cell's available units. Gen is the
// reservation it belongs to: an order may reserve again after a release.
type hold struct {
	N   int64  `bson:"n"`
	Gen string `bson:"gen"`
}

// delivery is a change of stock by hand; Cells is its plan, one part a cell.
type delivery struct {
	ID        string       `bson:"_id"`
	SKU       id.SKU       `bson:"sku"`
	Merchant  id.Merchant  `bson:"merchant"`
	Warehouse id.Warehouse `bson:"warehouse"`
	By        int64        `bson:"by"`
	Reason    string       `bson:"reason"`
	User      id.User      `bson:"user"`
	At        time.Time    `bson:"at"`
	Plan      []cellPart   `bson:"plan"`
	Failed    bool         `bson:"failed"` // and undone, or about to be
}

// mark is how a cell knows the i-th part of the delivery.
func (d delivery) mark(i int) string { return fmt.Sprintf("%s_%d", d.ID, i) }

type cellPart struct {
	Cell string `bson:"cell"`
	N    int64  `bson:"n"`
}

// Adjust stores a plan of which cells change by how much, under an id derived
// from the request, and then carries it out; each part marks its cell, so that
// a second try finishes what the first began.
func (c *Core) Adjust(ctx context.Context, in catalog.Adjust) (catalog.Stock, error) {
	home, err := c.ownSKU(ctx, in.ID)
	if err != nil {
		return catalog.Stock{}, err
	}
	if len(home.Components) > 0 {
		return catalog.Stock{}, catalog.ErrBundleStock
	}
	if err := c.ownWarehouse(ctx, home.Merchant, in.Warehouse); err != nil {
		return catalog.Stock{}, err
	}
	user := actor.From(ctx).User
	d := delivery{
		ID: id.Derive("dlv", string(home.Merchant), string(in.ID), in.RequestID), SKU: in.ID,
		Merchant: home.Merchant, Warehouse: in.Warehouse,
		By: in.By, Reason: in.Reason, User: user, At: c.Now(),
	}
	before, err := c.deliveries.Get(ctx, d.ID)
	switch {
	case err == nil && (before.By != in.By || before.Reason != in.Reason || before.Warehouse != in.Warehouse):
		return catalog.Stock{}, rpc.ErrReused
	case err == nil:
		d = before
	case !errors.Is(err, docdb.ErrNotFound):
		return catalog.Stock{}, err
	default:
		if d.Plan, err = c.plan(ctx, d); err != nil {
			return catalog.Stock{}, err
		}
		if err := c.deliveries.Insert(ctx, d.ID, d); errors.Is(err, docdb.ErrExists) {
			return c.Adjust(ctx, in) // a twin was first: carry out its plan
		} else if err != nil {
			return catalog.Stock{}, err
		}
	}
	if d.Failed {
		return catalog.Stock{}, catalog.ErrStockBelowZero
	}
	for i, part := range d.Plan {
		err := c.deliver(ctx, home, d, d.mark(i), part)
		if errors.Is(err, catalog.ErrStockBelowZero) {
			return catalog.Stock{}, errors.Join(err, c.undo(ctx, d))
		}
		if err != nil {
			return catalog.Stock{}, err
		}
	}
	return c.Stock(ctx, catalog.BySKU{ID: in.ID})
}

// plan says which cells take or give the units: new cells for new units, the
// fullest ones for units that go.
func (c *Core) plan(ctx context.Context, d delivery) ([]cellPart, error) {
	var parts []cellPart
	for left, i := d.By, 0; left > 0; i++ {
		n := min(left, cellUnits)
		parts = append(parts, cellPart{Cell: id.Derive("cel", d.ID, fmt.Sprint(i)), N: n})
		left -= n
	}
	if d.By >= 0 {
		return parts, nil
	}
	left := -d.By
	q := docdb.Query{Index: "sku", Equal: []any{string(d.SKU)}, From: int64(1), Descending: true, Limit: 1000}
	if d.Warehouse != "" {
		q.Index, q.Equal = "sku_warehouse", append(q.Equal, string(d.Warehouse))
	}
	cells, err := c.heaps.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	cells.Items = slices.DeleteFunc(cells.Items, func(x heap) bool { return x.Warehouse != d.Warehouse })
	for _, x := range cells.Items {
		if n := min(left, x.Available); n > 0 {
			parts = append(parts, cellPart{Cell: x.ID, N: -n})
			left -= n
		}
	}
	if left > 0 {
		return nil, catalog.ErrStockBelowZero
	}
	return parts, nil
}

// deliver carries out one part of a plan, once.
func (c *Core) deliver(ctx context.Context, home skuHome, d delivery, mark string, part cellPart) error {
	if part.N > 0 {
		err := c.cells.Insert(ctx, part.Cell, cell{
			ID: part.Cell, SKU: d.SKU, Product: home.Product, Warehouse: d.Warehouse, Received: part.N, Available: part.N,
			Holds: map[string]hold{}, Marks: map[string]bool{},
		})
		if errors.Is(err, docdb.ErrExists) {
			return nil
		}
		return err
	}
	_, err := c.heaps.UpdateIf(ctx, part.Cell,
		[]docdb.Cond{{Field: "available", Op: docdb.Gte, Value: -part.N}, {Field: "marks." + mark, Op: docdb.Absent}},
		[]docdb.Change{
			{Field: "available", Verb: docdb.Add, Value: part.N},
			{Field: "received", Verb: docdb.Add, Value: part.N},
			{Field: "marks." + mark, Verb: docdb.Set, Value: true},
		})
	if !errors.Is(err, docdb.ErrRefused) {
		return err
	}
	now, err := c.cells.Get(ctx, part.Cell)
	if err == nil && !now.Marks[mark] {
		return catalog.ErrStockBelowZero // shoppers were faster
	}
	return err
}

// undo gives back what a delivery took before a cell refused it: all or none.
func (c *Core) undo(ctx context.Context, d delivery) error {
	if _, err := c.deliveries.Update(ctx, d.ID, func(d *delivery) error { d.Failed = true; return nil }); err != nil {
		return err
	}
	for i, part := range d.Plan {
		mark := "marks." + d.mark(i)
		_, err := c.heaps.UpdateIf(ctx, part.Cell,
			[]docdb.Cond{{Field: mark, Op: docdb.Present}},
			[]docdb.Change{
				{Field: "available", Verb: docdb.Add, Value: -part.N},
				{Field: "received", Verb: docdb.Add, Value: -part.N},
				{Field: mark, Verb: docdb.Remove},
			})
		if err != nil && !errors.Is(err, docdb.ErrRefused) {
			return err
		}
	}
	return nil
}

func (c *Core) Stock(ctx context.Context, in catalog.BySKU) (catalog.Stock, error) {
	if _, err := c.ownSKU(ctx, in.ID); err != nil {
		return catalog.Stock{}, err
	}
	return c.count(ctx, in.ID)
}

// count adds up a SKU's cells.
func (c *Core) count(ctx context.Context, s id.SKU) (catalog.Stock, error) {
	sum := catalog.Stock{SKU: s}
	q := docdb.Query{Index: "sku", Equal: []any{string(s)}, Limit: 500}
	for {
		cells, err := c.heaps.Find(ctx, q)
		if err != nil {
			return sum, err
		}
		for _, x := range cells.Items {
			sum.Received += x.Received
			sum.Available += x.Available
			sum.Held += x.Held
			sum.Sold += x.Sold
		}
		if cells.Next == "" {
			return sum, nil
		}
		q.After = cells.Next
	}
}

// ownSKU returns where a SKU of the caller's shop belongs, or ErrNoSuchSKU, or
// ErrNoDuty to staff that do not keep its stock.
func (c *Core) ownSKU(ctx context.Context, s id.SKU) (skuHome, error) {
	home, err := c.skus.Get(ctx, string(s))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return home, catalog.ErrNoSuchSKU.Because(err)
	case err != nil:
		return home, err
	case !owns(ctx, home.Merchant):
		return home, catalog.ErrNoSuchSKU
	}
	_, err = catalog.Require(ctx, c, catalog.DoStock)
	return home, err
}
