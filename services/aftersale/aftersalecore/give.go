package aftersalecore

import (
	"context"
	"errors"
	"slices"

	"meadow/services/aftersale"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// Give keeps a request of the shop's own, which is agreed as soon as it has its
// units.
func (c *Core) Give(ctx context.Context, in aftersale.Give) (aftersale.AfterSale, error) {
	m, err := c.shop(ctx)
	if err != nil {
		return aftersale.AfterSale{}, err
	}
	if in.RequestID == "" {
		return aftersale.AfterSale{}, rpc.ErrNoKey
	}
	a, asked := id.AfterSale(id.Derive("afs", string(m), in.RequestID)), fingerprint(in)
	before, err := c.requests.Get(ctx, string(a))
	switch {
	case err == nil && before.Asked != asked:
		return aftersale.AfterSale{}, rpc.ErrReused
	case err == nil:
		return shown(c.drive(ctx, a))
	case !errors.Is(err, docdb.ErrNotFound):
		return aftersale.AfterSale{}, err
	}
	o, err := c.sold(ctx, m, in.Order)
	if err != nil {
		return aftersale.AfterSale{}, err
	}
	r, _, err := c.prepare(ctx, o, aftersale.Open{Order: in.Order, Kind: in.Kind, Units: in.Units, Reason: aftersale.OfShop, Text: in.Text}, true)
	if err == nil && r.Merchant != m {
		err = checkout.ErrNoSuchOrder // units of another shop in the same order
	}
	if err != nil {
		return aftersale.AfterSale{}, err
	}
	r.ID, r.Asked, r.Unasked, r.Restock = a, asked, true, in.Restock
	return c.begin(ctx, r)
}

// sold returns an order that has something of a shop's in it.
func (c *Core) sold(ctx context.Context, m id.Merchant, name id.Order) (checkout.Order, error) {
	d, err := c.Orders.Delivery(system(ctx), fulfil.ByOrder{ID: name})
	if err != nil {
		return checkout.Order{}, err
	}
	if !slices.ContainsFunc(d.Order.Lines, func(l checkout.Line) bool { return l.Merchant == m }) {
		return checkout.Order{}, checkout.ErrNoSuchOrder
	}
	return d.Order, nil
}
