package checkoutcore

import (
	"context"
	"errors"

	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/platform/docdb"
)

var _ fulfil.Orders = (*Core)(nil)

// Delivery tells fulfilment what was sold and where it goes, sealed as it was
// frozen, and nobody else.
func (c *Core) Delivery(ctx context.Context, in fulfil.ByOrder) (fulfil.Delivery, error) {
	if actor.From(ctx).System == "" {
		return fulfil.Delivery{}, actor.ErrForbidden
	}
	o, err := c.orders.Get(ctx, string(in.ID))
	if errors.Is(err, docdb.ErrNotFound) {
		return fulfil.Delivery{}, checkout.ErrNoSuchOrder.Because(err)
	}
	return fulfil.Delivery{Order: o.Order, Address: o.Address}, err
}
