package checkoutcore

import (
	"context"
	"errors"
	"strings"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// Place makes an order of a quote. Its id follows from who asks and the
// request's id, so that every try leads to one order.
func (c *Core) Place(ctx context.Context, in checkout.Place) (checkout.Order, error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return checkout.Order{}, err
	}
	if in.RequestID == "" {
		return checkout.Order{}, rpc.ErrNoKey
	}
	orderID, asked := id.Order(id.Derive("ord", string(buyer), in.RequestID)), fingerprint(in)
	if before, err := c.placed(ctx, orderID, asked); !errors.Is(err, docdb.ErrNotFound) {
		return before, err
	}

	q, err := c.quotes.Get(ctx, in.Quote)
	if errors.Is(err, docdb.ErrNotFound) || err == nil && q.Buyer != buyer {
		return checkout.Order{}, checkout.ErrNoSuchQuote.Because(err)
	}
	if err != nil {
		return checkout.Order{}, err
	}
	open, err := c.stubs.Find(ctx, docdb.Query{Index: "buyer_state", Equal: []any{string(buyer), string(checkout.Unpaid)}, Limit: checkout.MaxUnpaid})
	if err != nil {
		return checkout.Order{}, err
	}
	if len(open.Items) == checkout.MaxUnpaid {
		return checkout.Order{}, checkout.ErrUnpaid
	}
	address, err := c.Account.AddressFor(system(ctx), account.AddressFor{User: buyer, Address: in.Address})
	if err != nil {
		return checkout.Order{}, err
	}

	now := c.Now()
	o := order{Request: asked, Address: address, Order: checkout.Order{
		ID: orderID, Buyer: buyer, Lines: q.Lines, Goods: q.Goods, Shipping: q.Shipping, Total: q.Total,
		State: checkout.Unpaid, ShipTo: shipTo(address.Masked), PlacedAt: now, ExpiresAt: now.Add(checkout.PayWithin),
	}}
	o.Due = o.ExpiresAt

	// Units are reserved last, so that little can fail after. If the process dies
	// before the order is stored, they lapse.
	if _, err := c.Catalog.Reserve(system(ctx), catalog.Reserve{Order: orderID, Units: unitsOf(o), Until: o.ExpiresAt.Add(checkout.HoldGrace)}); err != nil {
		return checkout.Order{}, err
	}
	err = c.orders.Insert(ctx, string(orderID), o)
	if errors.Is(err, docdb.ErrExists) {
		return c.placed(ctx, orderID, asked) // a twin was first
	}
	if err != nil {
		return checkout.Order{}, err
	}
	return o.Order, nil
}

// placed returns the order that an earlier try made.
func (c *Core) placed(ctx context.Context, o id.Order, asked string) (checkout.Order, error) {
	before, err := c.orders.Get(ctx, string(o))
	if err == nil && before.Request != asked {
		return checkout.Order{}, rpc.ErrReused
	}
	return before.Order, err
}

func unitsOf(o order) []catalog.Units {
	units := make([]catalog.Units, len(o.Lines))
	for i, l := range o.Lines {
		units[i] = catalog.Units{SKU: l.SKU, N: l.N}
	}
	return units
}

// shipTo is an address for the buyer's eyes.
func shipTo(p account.Place) string {
	return strings.Join([]string{p.Name, p.Phone, strings.TrimSpace(p.Region + " " + p.City)}, " · ")
}
