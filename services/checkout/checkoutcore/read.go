package checkoutcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

func (c *Core) Order(ctx context.Context, in checkout.ByOrder) (checkout.Order, error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return checkout.Order{}, err
	}
	o, err := c.own(ctx, buyer, in.ID)
	return o.Order, err
}

// own returns an order of this buyer's, or ErrNoSuchOrder.
func (c *Core) own(ctx context.Context, buyer id.User, o id.Order) (order, error) {
	out, err := c.orders.Get(ctx, string(o))
	if errors.Is(err, docdb.ErrNotFound) || err == nil && out.Buyer != buyer {
		return order{}, checkout.ErrNoSuchOrder.Because(err)
	}
	return out, err
}

func (c *Core) Orders(ctx context.Context, in checkout.Orders) (page.Page[checkout.Order], error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return page.Page[checkout.Order]{}, err
	}
	q := docdb.Query{Index: "buyer", Equal: []any{string(buyer)}, Descending: true, Limit: in.Size(20, 50), After: in.After}
	if in.State != "" {
		q.Index, q.Equal = "buyer_state", append(q.Equal, string(in.State))
	}
	found, err := c.orders.Find(ctx, q)
	return page.Map(found, func(o order) checkout.Order { return o.Order }), err
}

// sale is a paid line under its merchant.
type sale struct {
	ID       string        `bson:"_id"`
	Order    id.Order      `bson:"order"`
	Merchant id.Merchant   `bson:"merchant"`
	Line     checkout.Line `bson:"line"`
	PaidAt   time.Time     `bson:"paid_at"`
}

// recordSales derives a merchant's view of a paid order.
func (c *Core) recordSales(ctx context.Context, paid id.Order) error {
	o, err := c.orders.Get(ctx, string(paid))
	if err != nil {
		return err
	}
	for i, l := range o.Lines {
		s := sale{ID: fmt.Sprintf("%s.%d", paid, i), Order: paid, Merchant: l.Merchant, Line: l, PaidAt: o.PaidAt}
		if err := c.sales.Insert(ctx, s.ID, s); err != nil && !errors.Is(err, docdb.ErrExists) {
			return err
		}
	}
	return nil
}

func (c *Core) Sales(ctx context.Context, in page.Ask) (page.Page[checkout.Sale], error) {
	a, err := catalog.Require(ctx, c.Catalog, catalog.DoMoney)
	if errors.Is(err, catalog.ErrNoDuty) {
		a, err = catalog.Require(ctx, c.Catalog, catalog.DoOrders) // who sends things sees what was sold, too
	}
	if err != nil {
		return page.Page[checkout.Sale]{}, err
	}
	found, err := c.sales.Find(ctx, docdb.Query{Index: "merchant", Equal: []any{string(a.Merchant)}, Descending: true, Limit: in.Size(20, 100), After: in.After})
	return page.Map(found, func(s sale) checkout.Sale {
		return checkout.Sale{Order: s.Order, Line: s.Line, Commission: s.Line.Commission, Creator: s.Line.Source.Creator, PaidAt: s.PaidAt}
	}), err
}
