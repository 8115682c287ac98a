package fulfilcore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// eyes is who looks at a parcel.
type eyes int

const (
	asBuyer eyes = iota
	asShop
	asDesk // an operator
	asSystem
)

// view is p for whoever looks: the code is for its buyer, notes for its shop.
func (c *Core) view(p parcel, who eyes) fulfil.Parcel {
	out := p.Parcel
	if who == asBuyer || who == asDesk {
		out.Log = slices.DeleteFunc(slices.Clone(out.Log), func(s fulfil.Step) bool { return s.What == "note" })
		if who == asBuyer && p.Pickup && (p.State == fulfil.Waiting || p.State == fulfil.Partly) {
			out.PickupCode = c.pickupCode(p.ID)
		}
	}
	return out
}

// shopView is the answer to a shop.
func (c *Core) shopView(p parcel, err error) (fulfil.Parcel, error) {
	if err != nil {
		return fulfil.Parcel{}, err
	}
	return c.view(p, asShop), nil
}

func notFound(err error) error {
	if errors.Is(err, docdb.ErrNotFound) {
		return fulfil.ErrNoSuchParcel.Because(err)
	}
	return err
}

func (c *Core) Parcel(ctx context.Context, in fulfil.ByParcel) (fulfil.Parcel, error) {
	a := actor.From(ctx)
	if a.User == "" && a.System == "" {
		return fulfil.Parcel{}, actor.ErrNobody
	}
	p, err := c.parcels.Get(ctx, string(in.ID))
	switch {
	case err != nil:
		return fulfil.Parcel{}, notFound(err)
	case a.System != "":
		return c.view(p, asSystem), nil
	case p.Buyer == a.User:
		return c.view(p, asBuyer), nil
	case a.Is(actor.Operator):
		return c.view(p, asDesk), nil
	case a.Merchant != "" && a.Merchant == p.Merchant:
		return c.shopView(c.ofShop(ctx, in.ID))
	}
	return fulfil.Parcel{}, fulfil.ErrNoSuchParcel
}

// OfOrder answers others than the buyer with nothing: they do not know whether
// there is such an order.
func (c *Core) OfOrder(ctx context.Context, in fulfil.ByOrder) (fulfil.ParcelList, error) {
	a := actor.From(ctx)
	if a.User == "" && a.System == "" {
		return fulfil.ParcelList{}, actor.ErrNobody
	}
	all, err := c.ofOrder(ctx, in.ID)
	out := fulfil.ParcelList{Items: []fulfil.Parcel{}}
	for _, p := range all {
		switch {
		case a.System != "":
			out.Items = append(out.Items, c.view(p, asSystem))
		case p.Buyer == a.User:
			out.Items = append(out.Items, c.view(p, asBuyer))
		case a.Is(actor.Operator):
			out.Items = append(out.Items, c.view(p, asDesk))
		}
	}
	return out, err
}

func (c *Core) ToSend(ctx context.Context, in fulfil.Parcels) (page.Page[fulfil.Parcel], error) {
	m, err := c.shop(ctx)
	if err != nil {
		return page.Page[fulfil.Parcel]{}, err
	}
	q := docdb.Query{Index: "merchant", Equal: []any{string(m)}, Limit: in.Size(20, 100), After: in.After}
	switch {
	case in.Late:
		q.Index, q.Before = "merchant_late", c.Now()
	case in.State != "":
		q.Index, q.Equal = "merchant_state", append(q.Equal, string(in.State))
	}
	found, err := c.parcels.Find(ctx, q)
	return page.Map(found, func(p parcel) fulfil.Parcel { return c.view(p, asShop) }), err
}

func (c *Core) Late(ctx context.Context, in page.Ask) (page.Page[fulfil.Parcel], error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return page.Page[fulfil.Parcel]{}, err
	}
	found, err := c.parcels.Find(ctx, docdb.Query{Index: "late", Before: c.Now(), Limit: in.Size(20, 100), After: in.After})
	return page.Map(found, func(p parcel) fulfil.Parcel { return c.view(p, asDesk) }), err
}

// Note adds a line for the shop's eyes.
func (c *Core) Note(ctx context.Context, in fulfil.AddNote) (fulfil.Parcel, error) {
	if _, err := c.ofShop(ctx, in.ID); err != nil {
		return fulfil.Parcel{}, err
	}
	return c.shopView(c.change(ctx, in.ID, func(p *parcel) error {
		if n := len(p.Log); n > 0 && p.Log[n-1].What == "note" && p.Log[n-1].Text == in.Text {
			return errSame // sent twice
		}
		p.log(c.Now(), "note", "shop", in.Text)
		return nil
	}))
}

func (c *Core) Carriers(context.Context, rpc.Empty) (fulfil.CarrierList, error) {
	out := fulfil.CarrierList{Items: []fulfil.CarrierName{}}
	for _, x := range c.Deps.Carriers {
		out.Items = append(out.Items, fulfil.CarrierName{Name: x.Name(), Labels: true})
	}
	out.Items = append(out.Items, fulfil.CarrierName{Name: fulfil.Other}, fulfil.CarrierName{Name: fulfil.PickUpHere})
	return out, nil
}

// recordBought derives what a buyer has received, for who may rate it.
func (c *Core) recordBought(ctx context.Context, d fulfil.ParcelData) error {
	p, err := c.parcels.Get(ctx, string(d.Parcel))
	if err != nil {
		return err
	}
	for _, l := range p.Lines {
		if l.Sent == 0 {
			continue
		}
		h := had{ID: fmt.Sprintf("%s.%d", p.Order, l.Index), User: p.Buyer, Product: l.Product, Order: p.Order, Line: l.Index, SKU: l.SKU, N: l.Sent, At: p.ReceivedAt}
		if err := c.bought.Insert(ctx, h.ID, h); err != nil && !errors.Is(err, docdb.ErrExists) {
			return err
		}
	}
	return nil
}

func (c *Core) Bought(ctx context.Context, in fulfil.Bought) (fulfil.BoughtList, error) {
	if err := internal(ctx); err != nil {
		return fulfil.BoughtList{}, err
	}
	found, err := c.bought.Find(ctx, docdb.Query{Index: "user", Equal: []any{string(in.User), string(in.Product)}, Descending: true, Limit: 100})
	out := fulfil.BoughtList{Items: []fulfil.BoughtLine{}}
	for _, h := range found.Items {
		out.Items = append(out.Items, fulfil.BoughtLine{Order: h.Order, Line: h.Line, SKU: h.SKU, N: h.N, ReceivedAt: h.At})
	}
	return out, err
}
