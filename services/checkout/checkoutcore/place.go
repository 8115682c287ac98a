package checkoutcore

import (
	"context"
	"errors"
	"slices"
	"strings"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
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
	if fault.On(fault.MissingID) {
		orderID = id.Order(id.New("ord", c.Now()))
	}
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

	if address.Masked.Region != q.Region {
		return checkout.Order{}, promo.ErrChanged // its shipping and tax are those of another place
	}

	now := c.Now()
	o := order{Request: asked, Address: address, Uses: q.Uses, Order: checkout.Order{
		ID: orderID, Buyer: buyer, Lines: q.Lines, Parts: parcels(orderID, q.Parts, in.Notes), Sum: q.Sum,
		State: checkout.Unpaid, ShipTo: shipTo(address.Masked), PlacedAt: now, ExpiresAt: now.Add(checkout.PayWithin),
	}}
	o.Due = o.ExpiresAt

	// What is limited is taken last, so that little can fail after. If the process
	// dies before the order is stored, it lapses.
	if err := c.take(ctx, o); err != nil {
		return checkout.Order{}, err
	}
	err = c.orders.Insert(ctx, string(orderID), o)
	if errors.Is(err, docdb.ErrExists) {
		return c.placed(ctx, orderID, asked) // a twin was first
	}
	if err != nil {
		return checkout.Order{}, err
	}
	if err := c.unpack(ctx, buyer, o.Lines); err != nil {
		c.Log.WarnContext(ctx, "a cart keeps what was ordered", "order", o.ID, "err", err)
	}
	return o.Order, nil
}

// take holds the order's units, and what it uses of limited offers. If an offer
// says no the units go back at once, unless a twin of this request got through
// meanwhile; of what is not known to have been refused the hold lapses.
func (c *Core) take(ctx context.Context, o order) error {
	until := o.ExpiresAt.Add(checkout.HoldGrace)
	if _, err := c.Catalog.Reserve(system(ctx), catalog.Reserve{Order: o.ID, Units: unitsOf(o), Until: until, Region: o.Address.Masked.Region}); err != nil {
		return err
	}
	if len(o.Uses) == 0 {
		return nil
	}
	_, err := c.Promo.Lock(system(ctx), promo.Lock{Order: o.ID, Buyer: o.Buyer, Uses: o.Uses, Until: until})
	if !refused(err) {
		return err
	}
	if _, twin := c.orders.Get(ctx, string(o.ID)); errors.Is(twin, docdb.ErrNotFound) {
		_, e := c.Promo.Release(system(ctx), promo.ByOrder{Order: o.ID})
		_, f := c.Catalog.Release(system(ctx), catalog.ByOrder{Order: o.ID})
		if e = errors.Join(e, f); e != nil {
			c.Log.WarnContext(ctx, "holds are left to lapse", "order", o.ID, "err", e)
		}
	}
	return err
}

// refused reports whether err is a rule's no, after which nothing was done.
func refused(err error) bool {
	switch errs.CodeOf(err) {
	case errs.Invalid, errs.Forbidden, errs.NotFound, errs.Precondition, errs.Exhausted:
		return true
	}
	return false
}

// parcels names the parts of an order, and gives each shop its note.
func parcels(o id.Order, parts []checkout.Part, notes []string) []checkout.Part {
	out := slices.Clone(parts)
	for i := range out {
		out[i].Parcel = id.Parcel(id.Derive("pcl", string(o), string(out[i].Merchant)))
		if i < len(notes) {
			out[i].Note = clip(notes[i])
		}
	}
	return out
}

// maxNote is how many characters a note to a shop has.
const maxNote = 200

func clip(note string) string {
	if r := []rune(strings.TrimSpace(note)); len(r) > maxNote {
		return string(r[:maxNote])
	}
	return strings.TrimSpace(note)
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
