package fulfilcore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"meadow/services/catalog"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// number is whose a carrier's tracking number is.
type number struct {
	ID       string      `bson:"_id"`
	Parcel   id.Parcel   `bson:"parcel"`
	Shipment id.Shipment `bson:"shipment"`
	At       time.Time   `bson:"at"`
}

func numberID(carrier, tracking string) string { return id.Derive("trk", carrier, tracking) }

// ofShop returns a parcel of the shop that the caller acts for, if they may see
// to its orders: ErrNoSuchParcel, actor.ErrForbidden.
func (c *Core) ofShop(ctx context.Context, p id.Parcel) (parcel, error) {
	m, err := c.shop(ctx)
	if err != nil {
		return parcel{}, err
	}
	out, err := c.parcels.Get(ctx, string(p))
	if errors.Is(err, docdb.ErrNotFound) || err == nil && out.Merchant != m {
		return parcel{}, fulfil.ErrNoSuchParcel.Because(err)
	}
	return out, err
}

// shop returns the shop that the caller acts for, if they may see to its orders.
func (c *Core) shop(ctx context.Context) (id.Merchant, error) {
	a := actor.From(ctx)
	if a.User == "" {
		return "", actor.ErrNobody
	}
	if a.Merchant == "" {
		return "", actor.ErrForbidden
	}
	may, err := c.Catalog.May(system(ctx), catalog.May{User: a.User, Merchant: a.Merchant, Duty: catalog.DoOrders})
	if err == nil && !may.Yes {
		err = actor.ErrForbidden
	}
	return a.Merchant, err
}

// Ship puts units into a box. Its id follows from the request's, and one write
// of the parcel decides about the units.
func (c *Core) Ship(ctx context.Context, in fulfil.Ship) (fulfil.Parcel, error) {
	p, err := c.ofShop(ctx, in.ID)
	if err != nil {
		return fulfil.Parcel{}, err
	}
	if in.RequestID == "" {
		return fulfil.Parcel{}, rpc.ErrNoKey
	}
	in.Tracking = strings.TrimSpace(in.Tracking)
	box, asked := id.Shipment(id.Derive("shp", string(in.ID), in.RequestID)), fingerprint(in)
	if before, ok := p.Asked[string(box)]; ok {
		if before != asked {
			return fulfil.Parcel{}, rpc.ErrReused
		}
		return c.shopView(c.announce(ctx, in.ID))
	}
	if in.Carrier == fulfil.PickUpHere {
		return c.shopView(c.readyForPickup(ctx, in.ID, string(box), asked))
	}
	if err := c.checkCarrier(ctx, p, in); err != nil {
		return fulfil.Parcel{}, err
	}
	if in.Tracking != "" {
		if err := c.takeNumber(ctx, number{Parcel: in.ID, Shipment: box}, in.Carrier, in.Tracking); err != nil {
			return fulfil.Parcel{}, err
		}
	}
	p, err = c.change(ctx, in.ID, func(p *parcel) error { return p.ship(c.Now(), in, box, asked) })
	if err != nil {
		if in.Tracking != "" && (errors.Is(err, fulfil.ErrNotToSend) || errors.Is(err, fulfil.ErrHeld)) {
			c.leaveNumber(ctx, in.Carrier, in.Tracking, box)
		}
		return fulfil.Parcel{}, err
	}
	return c.shopView(c.announce(ctx, in.ID))
}

// checkCarrier looks whether a box can be sent so at all, before anything is
// changed.
func (c *Core) checkCarrier(ctx context.Context, p parcel, in fulfil.Ship) error {
	if in.Carrier == fulfil.Other {
		if in.Tracking == "" {
			return fulfil.ErrNoCarrier.With("tracking", "is required for a carrier that gives no numbers")
		}
		return nil
	}
	if _, err := c.carrier(in.Carrier); err != nil {
		return err
	}
	if in.Tracking != "" {
		return nil
	}
	_, err := c.open(ctx, p, "write a label for parcel "+string(p.ID))
	return err
}

// ship takes units for a box: this is what decides.
func (p *parcel) ship(now time.Time, in fulfil.Ship, box id.Shipment, asked string) error {
	if _, twin := p.Asked[string(box)]; twin {
		return errSame
	}
	if p.State == fulfil.Held {
		return fulfil.ErrHeld
	}
	if p.State != fulfil.Waiting && p.State != fulfil.Partly {
		return fulfil.ErrNotToSend
	}
	units, err := p.take(in.Units)
	if err != nil {
		return err
	}
	p.Shipments = append(p.Shipments, fulfil.Shipment{
		ID: box, Carrier: in.Carrier, Tracking: in.Tracking, Units: units, State: fulfil.Announced, SentAt: now, Events: []fulfil.Event{},
	})
	p.remember(string(box), asked)
	if in.Tracking == "" {
		p.AnnounceAt = now
	}
	p.log(now, "shipped", "shop", "")
	p.Add(now, fulfil.ParcelShipped.Event(now, string(box), p.data(now, box)))
	return p.settle(now)
}

func (p *parcel) remember(key, asked string) {
	if p.Asked == nil {
		p.Asked = map[string]string{}
	}
	p.Asked[key] = asked
}

// take counts units as sent; none named means all that are left.
func (p *parcel) take(units []fulfil.Units) ([]fulfil.Units, error) {
	if len(units) == 0 {
		for _, l := range p.Lines {
			if left(l) > 0 {
				units = append(units, fulfil.Units{Line: l.Index, N: left(l)})
			}
		}
	}
	if len(units) == 0 {
		return nil, fulfil.ErrNotToSend
	}
	for _, u := range units {
		l := p.line(u.Line)
		if l == nil || u.N < 1 || left(*l) < u.N {
			return nil, fulfil.ErrNotToSend
		}
		l.Sent += u.N
	}
	return units, nil
}

// takeNumber makes a tracking number a box's own: ErrTrackingTaken. One that was
// taken for a box that never came to be is given to the next.
func (c *Core) takeNumber(ctx context.Context, n number, carrier, tracking string) error {
	n.ID, n.At = numberID(carrier, tracking), c.Now()
	err := c.numbers.Insert(ctx, n.ID, n)
	if !errors.Is(err, docdb.ErrExists) {
		return err
	}
	_, err = c.numbers.Update(ctx, n.ID, func(was *number) error {
		if was.Shipment == n.Shipment {
			return errSame
		}
		p, err := c.parcels.Get(ctx, string(was.Parcel))
		if err != nil && !errors.Is(err, docdb.ErrNotFound) {
			return err
		}
		if p.box(was.Shipment) != nil || c.Now().Sub(was.At) < time.Minute {
			return fulfil.ErrTrackingTaken
		}
		*was = n
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// leaveNumber gives back a number that no box came to bear.
func (c *Core) leaveNumber(ctx context.Context, carrier, tracking string, box id.Shipment) {
	err := c.numbers.DeleteIf(ctx, numberID(carrier, tracking), func(n number) bool { return n.Shipment == box })
	if err != nil {
		c.Log.WarnContext(ctx, "tracking number not given back", "box", box, "err", err)
	}
}

func (p *parcel) box(s id.Shipment) *fulfil.Shipment {
	i := slices.IndexFunc(p.Shipments, func(x fulfil.Shipment) bool { return x.ID == s })
	if i < 0 {
		return nil
	}
	return &p.Shipments[i]
}
