package aftersalecore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// insteadOf is the order under which the catalogue knows what an exchange took
// from stock.
func insteadOf(a id.AfterSale) id.Order { return id.Order(id.Derive("ord", "instead", string(a))) }

// shelves notes, once, which orders the units of a request may have been taken
// from stock for: where a line was exchanged what comes back may be what was sent
// instead, and the order itself may have had all of its own back. It is frozen, so
// that a second try looks where the first did.
func (c *Core) shelves(ctx context.Context, r request) (request, error) {
	if !r.Restock || len(r.Shelves) > 0 {
		return r, nil
	}
	var from []id.Order
	q := docdb.Query{Index: "order", Equal: []any{string(r.Order)}, Limit: 100}
	for {
		found, err := c.requests.Find(ctx, q)
		if err != nil {
			return r, err
		}
		for _, x := range found.Items {
			if x.ID != r.ID && x.Kind == aftersale.Exchange && x.Instead != "" && x.shares(r) {
				from = append(from, insteadOf(x.ID))
			}
		}
		if found.Next == "" {
			break
		}
		q.After = found.Next
	}
	return c.change(ctx, r.ID, func(r *request) error {
		if len(r.Shelves) > 0 {
			return errSame
		}
		r.Shelves = append(from, r.Order)
		return nil
	})
}

// shares reports whether r and x are about a line that is the same.
func (r request) shares(x request) bool {
	return slices.ContainsFunc(r.Units, func(u aftersale.Units) bool {
		return slices.ContainsFunc(x.Units, func(v aftersale.Units) bool { return u.Line == v.Line })
	})
}

// restock puts the units of a request back on sale. Of several shelves each unit
// goes to the first that has room: what a shelf refused once it refuses again, and
// what it took it takes once.
func (c *Core) restock(ctx context.Context, r request) error {
	if len(r.Shelves) == 1 {
		var units []catalog.Units
		for i, u := range r.Units {
			units = append(units, catalog.Units{SKU: r.Bounds[i].SKU, N: u.N})
		}
		_, err := c.Catalog.RestockUnits(ctx, catalog.RestockUnits{Order: r.Order, Units: units, RequestID: string(r.ID)})
		return err
	}
	for i, u := range r.Units {
		for n := range u.N {
			if err := c.restockOne(ctx, r, r.Bounds[i].SKU, fmt.Sprintf("%s.%d.%d", r.ID, u.Line, n)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Core) restockOne(ctx context.Context, r request, sku id.SKU, name string) error {
	err := catalog.ErrNotBought.With("sku", string(sku))
	for _, shelf := range r.Shelves {
		_, one := c.Catalog.RestockUnits(ctx, catalog.RestockUnits{Order: shelf, Units: []catalog.Units{{SKU: sku, N: 1}}, RequestID: name})
		if !errors.Is(one, catalog.ErrNotBought) {
			return one
		}
	}
	return err
}
