package fulfilcore

import (
	"context"
	"errors"
	"slices"
	"time"

	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// internal refuses whoever is not a part of the shop.
func internal(ctx context.Context) error {
	if actor.From(ctx).System == "" {
		return actor.ErrForbidden
	}
	return nil
}

// Drop takes units of one shop out of what is to be sent. It and Ship meet in
// the parcel: of units that both want, one has them.
func (c *Core) Drop(ctx context.Context, in fulfil.Drop) (fulfil.Parcel, error) {
	if err := internal(ctx); err != nil {
		return fulfil.Parcel{}, err
	}
	own, err := c.own(ctx, in.Order)
	if err != nil {
		return fulfil.Parcel{}, err
	}
	i := slices.IndexFunc(own, func(p parcel) bool { return len(in.Units) > 0 && p.line(in.Units[0].Line) != nil })
	if i < 0 {
		return fulfil.Parcel{}, fulfil.ErrNoSuchParcel
	}
	for _, u := range in.Units {
		if own[i].line(u.Line) == nil {
			return fulfil.Parcel{}, errs.ErrInvalid.With("units", "are of one shop")
		}
	}
	key, asked := "drop."+in.RequestID, fingerprint(in)
	p, err := c.change(ctx, own[i].ID, func(p *parcel) error {
		if before, twin := p.asked(key); twin {
			if before != asked {
				return rpc.ErrReused
			}
			return errSame
		}
		for _, u := range in.Units {
			l := p.line(u.Line)
			if u.N < 1 || left(*l) < u.N {
				return fulfil.ErrNotToSend
			}
			l.Dropped += u.N
		}
		p.remember(id.Derive("drp", key), asked)
		p.log(c.Now(), "dropped", "system", "")
		return p.settle(c.Now())
	})
	return c.view(p, asSystem), err
}

func (p *parcel) asked(key string) (string, bool) {
	v, ok := p.Asked[id.Derive("drp", key)]
	return v, ok
}

// refunded takes out of what is to be sent what was paid back. Units that went
// back and were not sent are not sent any more: at least as many as were paid
// back beyond those sent. Those that Drop took out before are among them.
func (c *Core) refunded(ctx context.Context, r checkout.Refund) error {
	if err := c.ensure(ctx, r.Order); err != nil {
		return err
	}
	own, err := c.own(ctx, r.Order)
	if err != nil {
		return err
	}
	for _, p := range own {
		if !slices.ContainsFunc(r.Lines, func(l checkout.RefundLine) bool { return p.line(l.Line) != nil }) {
			continue
		}
		if _, err := c.change(ctx, p.ID, func(p *parcel) error { return p.refund(c.Now(), r) }); err != nil {
			return err
		}
	}
	return nil
}

func (p *parcel) refund(now time.Time, r checkout.Refund) error {
	if slices.Contains(p.Refunds, r.ID) {
		return errSame
	}
	p.Refunds = append(p.Refunds, r.ID)
	before := p.dropped()
	for i := range p.Lines {
		l := &p.Lines[i]
		for _, back := range r.Lines {
			if back.Line == l.Index {
				p.Refunded[i] += back.N
			}
		}
		if fault.On(fault.UnitsKept) {
			continue
		}
		l.Dropped = max(l.Dropped, min(l.N-l.Sent, p.Refunded[i]-l.Sent))
	}
	if p.dropped() > before {
		p.log(now, "dropped", "system", "")
	}
	return p.settle(now)
}

func (p *parcel) dropped() (n int64) {
	for _, l := range p.Lines {
		n += l.Dropped
	}
	return n
}

// Instead makes the parcel of an exchange. Its id follows from the after-sale's.
func (c *Core) Instead(ctx context.Context, in fulfil.Instead) (fulfil.Parcel, error) {
	if err := internal(ctx); err != nil {
		return fulfil.Parcel{}, err
	}
	first, err := c.parcels.Get(ctx, string(in.Parcel))
	if err != nil {
		return fulfil.Parcel{}, notFound(err)
	}
	now := c.Now()
	p := parcel{Address: first.Address, Parcel: fulfil.Parcel{
		ID: id.Parcel(id.Derive("pcl", string(in.Parcel), string(in.AfterSale))), For: in.AfterSale,
		Order: first.Order, Merchant: first.Merchant, Buyer: first.Buyer, State: fulfil.Waiting, Lines: []fulfil.Line{},
		Shipments: []fulfil.Shipment{}, ShipTo: first.ShipTo, PaidAt: now,
	}}
	p.Due.Currency = first.Due.Currency
	for _, u := range in.Units {
		l := first.line(u.Line)
		if l == nil || u.N < 1 || u.N > l.Sent {
			return fulfil.Parcel{}, fulfil.ErrNotSent
		}
		again := *l
		again.N, again.Sent, again.Dropped = u.N, 0, 0
		p.Lines = append(p.Lines, again)
	}
	p.Refunded = make([]int64, len(p.Lines))
	const day = 24 * time.Hour
	p.promise(now, int(first.Earliest.Sub(first.PaidAt)/day), int(first.Latest.Sub(first.PaidAt)/day))
	p.log(now, "instead", "system", "")
	p.schedule(now)
	err = c.parcels.Insert(ctx, string(p.ID), p)
	if errors.Is(err, docdb.ErrExists) {
		p, err = c.parcels.Get(ctx, string(p.ID))
	}
	return c.view(p, asSystem), err
}
