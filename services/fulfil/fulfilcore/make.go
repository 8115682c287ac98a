package fulfilcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/account"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/groupbuy"
)

// fills is which offers' teams have filled for an order. It may be written
// before the order's parcels: whoever comes second releases them.
type fills struct {
	ID     id.Order `bson:"_id"`
	Offers []string `bson:"offers"`
}

// ensure makes the parcels of a paid order, each once. It is asked by whatever
// needs them, since events come in any order.
func (c *Core) ensure(ctx context.Context, o id.Order) error {
	d, err := c.Orders.Delivery(system(ctx), fulfil.ByOrder{ID: o})
	if err != nil {
		return fmt.Errorf("parcels of %s: %w", o, err)
	}
	if d.Order.PaidAt.IsZero() {
		return checkout.ErrNotPaid
	}
	for _, part := range parts(d.Order) {
		p, err := c.parcelOf(d, part)
		if err != nil {
			return err
		}
		if err := c.parcels.Insert(ctx, string(p.ID), p); err != nil && !errors.Is(err, docdb.ErrExists) {
			return err
		}
	}
	return c.release(ctx, o)
}

// Paid makes the parcels of a paid order now, without waiting to hear of it.
func (c *Core) Paid(ctx context.Context, o id.Order) error { return c.ensure(ctx, o) }

// parts returns the order's parts. Orders from before parts were kept have a
// part for each shop.
func parts(o checkout.Order) []checkout.Part {
	if len(o.Parts) > 0 {
		return o.Parts
	}
	var out []checkout.Part
	for i, l := range o.Lines {
		at := slices.IndexFunc(out, func(p checkout.Part) bool { return p.Merchant == l.Merchant })
		if at < 0 {
			at, out = len(out), append(out, checkout.Part{Merchant: l.Merchant, Earliest: 1, Latest: 7})
		}
		out[at].Lines = append(out[at].Lines, i)
	}
	return out
}

func (c *Core) parcelOf(d fulfil.Delivery, part checkout.Part) (parcel, error) {
	o := d.Order
	p := parcel{Address: d.Address, Parcel: fulfil.Parcel{
		ID: fulfil.ParcelID(o.ID, part.Merchant), Order: o.ID, Merchant: part.Merchant, Buyer: o.Buyer, State: fulfil.Waiting,
		Lines: []fulfil.Line{}, Shipments: []fulfil.Shipment{}, ShipTo: shipTo(o, d.Address), Note: part.Note, PaidAt: o.PaidAt,
		Due: money.Money{Currency: o.Total.Currency},
	}}
	for _, i := range part.Lines {
		if i < 0 || i >= len(o.Lines) {
			return p, fmt.Errorf("fulfil: part of %s names line %d of %d", o.ID, i, len(o.Lines))
		}
		l := o.Lines[i]
		p.Lines = append(p.Lines, fulfil.Line{Index: i, SKU: l.SKU, Product: l.Product, Title: l.Title, Values: l.Values, Picture: l.Picture, N: l.N})
		var err error
		if p.Due, err = p.Due.Add(l.Due); err != nil {
			return p, fmt.Errorf("parcel of %s: %w", o.ID, err)
		}
		if l.Deal.Kind == promo.Group && !slices.Contains(p.Awaits, l.Deal.ID) {
			p.Awaits = append(p.Awaits, l.Deal.ID)
			p.State = fulfil.Held
		}
	}
	p.Refunded = make([]int64, len(p.Lines))
	p.promise(o.PaidAt, part.Earliest, part.Latest)
	p.log(o.PaidAt, "paid", "system", "")
	p.schedule(o.PaidAt)
	return p, nil
}

// promise sets when p is to be sent and to arrive, as days from an instant.
func (p *parcel) promise(from time.Time, earliest, latest int) {
	const day = 24 * time.Hour
	p.ShipBy = from.Add(fulfil.ShipWithin)
	p.Earliest, p.Latest = from.Add(time.Duration(earliest)*day), from.Add(time.Duration(latest)*day)
}

func shipTo(o checkout.Order, a account.Snapshot) string {
	if o.ShipTo != "" {
		return o.ShipTo
	}
	return a.Masked.Name + " · " + a.Masked.Phone + " · " + a.Masked.Region + " " + a.Masked.City
}

// filled lets go what a team's orders held back.
func (c *Core) filled(ctx context.Context, t groupbuy.TeamData) error {
	for _, o := range t.Orders {
		_, err := c.teams.Upsert(ctx, string(o), func(f *fills) error {
			f.ID = o
			if slices.Contains(f.Offers, t.Offer) {
				return errSame
			}
			f.Offers = append(f.Offers, t.Offer)
			return nil
		})
		if err != nil && !errors.Is(err, errSame) {
			return err
		}
		if err := c.release(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// release lets go those parcels of an order whose teams have all filled.
func (c *Core) release(ctx context.Context, o id.Order) error {
	own, err := c.own(ctx, o)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(own, func(p parcel) bool { return p.State == fulfil.Held }) {
		return nil
	}
	f, err := c.teams.Get(ctx, string(o))
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, p := range own {
		if _, err := c.change(ctx, p.ID, func(p *parcel) error { return p.release(c.Now(), f.Offers) }); err != nil {
			return err
		}
	}
	return nil
}

func (p *parcel) release(now time.Time, offers []string) error {
	before := len(p.Awaits)
	p.Awaits = slices.DeleteFunc(p.Awaits, func(a string) bool { return slices.Contains(offers, a) })
	switch {
	case len(p.Awaits) == before:
		return errSame
	case p.State != fulfil.Held || len(p.Awaits) > 0:
		return nil
	}
	// What was promised from payment on is promised from now on.
	const day = 24 * time.Hour
	p.promise(now, int(p.Earliest.Sub(p.PaidAt)/day), int(p.Latest.Sub(p.PaidAt)/day))
	p.log(now, "team_filled", "system", "")
	if err := p.to(fulfil.Waiting); err != nil {
		return err
	}
	p.schedule(now)
	return nil
}

// own returns an order's own parcels: not those that were sent instead of them.
func (c *Core) own(ctx context.Context, o id.Order) ([]parcel, error) {
	all, err := c.ofOrder(ctx, o)
	return slices.DeleteFunc(all, func(p parcel) bool { return p.For != "" }), err
}

func (c *Core) ofOrder(ctx context.Context, o id.Order) ([]parcel, error) {
	found, err := c.parcels.Find(ctx, docdb.Query{Index: "order", Equal: []any{string(o)}, Limit: 200})
	return found.Items, err
}
