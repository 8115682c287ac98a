package aftersalecore

import (
	"context"
	"slices"

	"meadow/services/aftersale"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

func (c *Core) AfterSale(ctx context.Context, in aftersale.ByID) (aftersale.AfterSale, error) {
	who := actor.From(ctx)
	if who.User == "" && who.System == "" {
		return aftersale.AfterSale{}, actor.ErrNobody
	}
	r, err := c.get(ctx, in.ID)
	switch {
	case err != nil:
		return aftersale.AfterSale{}, err
	case who.System != "", r.Buyer == who.User, who.Is(actor.Operator):
		return r.AfterSale, nil
	case who.Merchant != "" && who.Merchant == r.Merchant:
		if _, err := c.shop(ctx); err != nil {
			return aftersale.AfterSale{}, err
		}
		return r.AfterSale, nil
	}
	return aftersale.AfterSale{}, aftersale.ErrNoSuchAfterSale
}

func (c *Core) Mine(ctx context.Context, in aftersale.List) (page.Page[aftersale.AfterSale], error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return page.Page[aftersale.AfterSale]{}, err
	}
	return c.list(ctx, "buyer", string(buyer), in)
}

func (c *Core) OfShop(ctx context.Context, in aftersale.List) (page.Page[aftersale.AfterSale], error) {
	m, err := c.shop(ctx)
	if err != nil {
		return page.Page[aftersale.AfterSale]{}, err
	}
	return c.list(ctx, "merchant", string(m), in)
}

func (c *Core) list(ctx context.Context, index, whose string, in aftersale.List) (page.Page[aftersale.AfterSale], error) {
	if in.Order != "" {
		return c.listOfOrder(ctx, whose, in)
	}
	q := docdb.Query{Index: index, Equal: []any{whose}, Limit: in.Size(20, 50), After: in.After}
	if in.State != "" {
		q.Index, q.Equal = index+"_state", append(q.Equal, string(in.State))
	}
	found, err := c.requests.Find(ctx, q)
	return page.Map(found, func(r request) aftersale.AfterSale { return r.AfterSale }), err
}

// listOfOrder is on one page: an order has few requests.
func (c *Core) listOfOrder(ctx context.Context, whose string, in aftersale.List) (page.Page[aftersale.AfterSale], error) {
	found, err := c.requests.Find(ctx, docdb.Query{Index: "order", Equal: []any{string(in.Order)}, Descending: true, Limit: 200})
	found.Next = ""
	found.Items = slices.DeleteFunc(found.Items, func(r request) bool {
		theirs := string(r.Buyer) == whose || string(r.Merchant) == whose
		return r.Opening || !theirs || in.State != "" && r.State != in.State
	})
	return page.Map(found, func(r request) aftersale.AfterSale { return r.AfterSale }), err
}

func (c *Core) OfOrder(ctx context.Context, in aftersale.ByOrder) (aftersale.AfterSales, error) {
	who := actor.From(ctx)
	out := aftersale.AfterSales{Items: []aftersale.AfterSale{}}
	if who.User == "" && who.System == "" {
		return out, actor.ErrNobody
	}
	found, err := c.requests.Find(ctx, docdb.Query{Index: "order", Equal: []any{string(in.ID)}, Descending: true, Limit: 200})
	for _, r := range slices.DeleteFunc(found.Items, func(r request) bool { return r.Opening }) {
		if who.System != "" || r.Buyer == who.User {
			out.Items = append(out.Items, r.AfterSale)
		}
	}
	return out, err
}

func (c *Core) Disputes(ctx context.Context, in page.Ask) (page.Page[aftersale.AfterSale], error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return page.Page[aftersale.AfterSale]{}, err
	}
	found, err := c.requests.Find(ctx, docdb.Query{Index: "disputed", Limit: in.Size(20, 50), After: in.After})
	return page.Map(found, func(r request) aftersale.AfterSale { return r.AfterSale }), err
}
