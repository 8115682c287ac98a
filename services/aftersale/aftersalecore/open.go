package aftersalecore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/media"
	"meadow/services/aftersale"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// Preview says what would go back; nothing is kept.
func (c *Core) Preview(ctx context.Context, in aftersale.Open) (aftersale.Offer, error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return aftersale.Offer{}, err
	}
	in.Evidence = nil // it may come later
	o, err := c.bought(ctx, buyer, in.Order)
	if err != nil {
		return aftersale.Offer{}, err
	}
	_, offer, err := c.prepare(ctx, o, in, false)
	return offer, err
}

// Open keeps a request before it takes its units: whatever dies in between, the
// job goes on from the request.
func (c *Core) Open(ctx context.Context, in aftersale.Open) (aftersale.AfterSale, error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return aftersale.AfterSale{}, err
	}
	if in.RequestID == "" {
		return aftersale.AfterSale{}, rpc.ErrNoKey
	}
	a, asked := id.AfterSale(id.Derive("afs", string(buyer), in.RequestID)), fingerprint(in)
	before, err := c.requests.Get(ctx, string(a))
	switch {
	case err == nil && before.Asked != asked:
		return aftersale.AfterSale{}, rpc.ErrReused
	case err == nil:
		return shown(c.drive(ctx, a))
	case !errors.Is(err, docdb.ErrNotFound):
		return aftersale.AfterSale{}, err
	}
	o, err := c.bought(ctx, buyer, in.Order)
	if err != nil {
		return aftersale.AfterSale{}, err
	}
	r, _, err := c.prepare(ctx, o, in, true)
	if err != nil {
		return aftersale.AfterSale{}, err
	}
	r.ID, r.Asked = a, asked
	if r.Evidence, err = c.evidence(ctx, buyer, in.Evidence); err != nil {
		return aftersale.AfterSale{}, err
	}
	return c.begin(ctx, r)
}

// begin keeps a request, and goes on with it.
func (c *Core) begin(ctx context.Context, r request) (aftersale.AfterSale, error) {
	if err := c.requests.Insert(ctx, string(r.ID), r); err != nil && !errors.Is(err, docdb.ErrExists) {
		return aftersale.AfterSale{}, err
	}
	return shown(c.drive(ctx, r.ID))
}

// bought returns an order of the caller's.
func (c *Core) bought(ctx context.Context, buyer id.User, name id.Order) (checkout.Order, error) {
	o, err := c.Checkout.Order(ctx, checkout.ByOrder{ID: name})
	if err == nil && o.Buyer != buyer {
		err = checkout.ErrNoSuchOrder
	}
	return o, err
}

func shown(r request, err error) (aftersale.AfterSale, error) {
	if err == nil && r.Opening {
		err = docdb.ErrBusy // it could not be finished now; the job goes on
	}
	if err != nil {
		return aftersale.AfterSale{}, err
	}
	return r.AfterSale, nil
}

// prepare checks an ask against its order and what was sent of it.
func (c *Core) prepare(ctx context.Context, o checkout.Order, in aftersale.Open, strict bool) (request, aftersale.Offer, error) {
	fail := func(err error) (request, aftersale.Offer, error) { return request{}, aftersale.Offer{}, err }
	if o.State != checkout.Paid {
		return fail(checkout.ErrNotPaid)
	}
	merchant, err := shopOf(o, in.Units)
	if err != nil {
		return fail(err)
	}
	parcels, err := c.Fulfil.OfOrder(system(ctx), fulfil.ByOrder{ID: in.Order})
	if err != nil {
		return fail(err)
	}
	i := slices.IndexFunc(parcels.Items, func(p fulfil.Parcel) bool { return p.Merchant == merchant && p.For == "" })
	if i < 0 {
		return fail(aftersale.ErrNotNow) // it is being made
	}
	p, now := parcels.Items[i], c.Now()
	if err := inTime(parcels.Items, p, in.Kind, now); err != nil {
		return fail(err)
	}
	switch faulty := in.Reason.ShopsFault(); {
	case in.Kind == aftersale.Money && !faulty && in.Reason != aftersale.Late && in.Reason != aftersale.OfShop:
		return fail(aftersale.ErrReason)
	case strict && in.Kind != aftersale.Cancel && in.Reason.NeedsEvidence() && len(in.Evidence) == 0:
		return fail(aftersale.ErrEvidence)
	}
	offer := offerOf(o, merchant, in.Units, in.Reason.ShopsFault())
	r := request{Opening: true, Wake: now.Add(openWithin), Full: true, Bounds: bounds(o, p, in.Units), AfterSale: aftersale.AfterSale{
		Order: in.Order, Parcel: p.ID, Merchant: merchant, Buyer: o.Buyer, Kind: in.Kind, Units: in.Units, Reason: in.Reason, Text: in.Text,
		Wanted: offer.Amount, Evidence: []picture.Picture{}, OpenedAt: now, Log: []aftersale.Step{},
	}}
	if in.Amount != (money.Money{}) && in.Amount != offer.Amount {
		if in.Kind != aftersale.Money || !within(in.Amount, offer.Amount) {
			return fail(aftersale.ErrAmount)
		}
		r.Full, r.Wanted = false, in.Amount
		offer = aftersale.Offer{Amount: in.Amount, Shipping: money.Money{Currency: in.Amount.Currency}}
	}
	return r, offer, nil
}

// openWithin is when the job goes on with a request that was left opening.
const openWithin = 30 * time.Second

// shopOf returns the one shop whose units they are.
func shopOf(o checkout.Order, units []aftersale.Units) (m id.Merchant, err error) {
	seen := map[int]bool{}
	for i, u := range units {
		switch {
		case u.Line < 0 || u.Line >= len(o.Lines) || seen[u.Line]:
			return m, errs.ErrInvalid.With(fmt.Sprintf("units[%d].line", i), "is not a line of the order, or twice")
		case u.N < 1 || u.N > o.Lines[u.Line].N:
			return m, aftersale.ErrUnits
		case m != "" && m != o.Lines[u.Line].Merchant:
			return m, errs.ErrInvalid.With(fmt.Sprintf("units[%d].line", i), "is another shop's")
		}
		seen[u.Line], m = true, o.Lines[u.Line].Merchant
	}
	if len(units) == 0 {
		return m, errs.ErrInvalid.With("units", "is required")
	}
	return m, nil
}

// inTime checks that a kind can be asked for now. What was sent instead of
// something may be asked about as long as its own window is open.
func inTime(all []fulfil.Parcel, p fulfil.Parcel, k aftersale.Kind, now time.Time) error {
	if k == aftersale.Cancel {
		switch p.State {
		case fulfil.Held, fulfil.Waiting, fulfil.Partly:
			return nil
		}
		return aftersale.ErrNotNow
	}
	switch p.State {
	case fulfil.Partly, fulfil.Shipped, fulfil.Delivered:
		return nil
	case fulfil.Received:
		by := p.ReturnBy
		for _, x := range all {
			if x.For != "" && x.Merchant == p.Merchant && x.ReturnBy.After(by) {
				by = x.ReturnBy
			}
		}
		if now.Before(by) {
			return nil
		}
		return aftersale.ErrWindow
	}
	return aftersale.ErrNotNow
}

func bounds(o checkout.Order, p fulfil.Parcel, units []aftersale.Units) []bound {
	out := make([]bound, len(units))
	for i, u := range units {
		l := o.Lines[u.Line]
		out[i] = bound{Line: u.Line, SKU: l.SKU, N: l.N, Returned: l.Returned}
		for _, sent := range p.Lines {
			if sent.Index == u.Line {
				out[i].Sent = sent.Sent
			}
		}
	}
	return out
}

// evidence claims the buyer's pictures.
func (c *Core) evidence(ctx context.Context, owner id.User, ids []id.Media) ([]picture.Picture, error) {
	out := []picture.Picture{}
	if len(ids) == 0 {
		return out, nil
	}
	found, err := c.Media.Claim(system(ctx), media.ClaimIn{Owner: owner, IDs: ids})
	switch {
	case errors.Is(err, media.ErrNoSuchPicture), errors.Is(err, media.ErrNotOwner):
		return nil, aftersale.ErrNoEvidence.Because(err)
	case err != nil:
		return nil, fmt.Errorf("evidence: %w", err)
	}
	for _, p := range found.Items {
		out = append(out, p.Shown(""))
	}
	return out, nil
}
