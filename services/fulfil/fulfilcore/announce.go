package fulfilcore

import (
	"context"
	"strings"
	"time"

	"meadow/services/fulfil"
	"meadow/services/fulfil/carrier"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// announce asks carriers for the numbers of boxes that have none. What fails now
// is tried again by the job: the units are in the box already.
func (c *Core) announce(ctx context.Context, pid id.Parcel) (parcel, error) {
	p, err := c.parcels.Get(ctx, string(pid))
	if err != nil || p.AnnounceAt.IsZero() {
		return p, err
	}
	for _, s := range p.Shipments {
		if s.Tracking != "" || s.Carrier == fulfil.PickUpHere {
			continue
		}
		if err := c.announceBox(ctx, p, s); err != nil {
			c.Log.WarnContext(ctx, "carrier does not take a box", "parcel", pid, "box", s.ID, "carrier", s.Carrier, "err", err)
			return c.change(ctx, pid, func(p *parcel) error {
				p.AnnounceAt = c.Now().Add(time.Minute)
				return nil
			})
		}
	}
	return c.parcels.Get(ctx, string(pid))
}

func (c *Core) announceBox(ctx context.Context, p parcel, s fulfil.Shipment) error {
	by, err := c.carrier(s.Carrier)
	if err != nil {
		return err
	}
	to, err := c.open(ctx, p, "announce box "+string(s.ID)+" to "+s.Carrier)
	if err != nil {
		return err
	}
	var pieces int64
	for _, u := range s.Units {
		pieces += u.N
	}
	tracking, err := by.Announce(ctx, carrier.Box{ID: s.ID, Parcel: p.ID, Pieces: pieces, To: carrier.Place{
		Name: to.Name, Phone: to.Phone, Region: to.Region, City: to.City, Line: strings.TrimSpace(to.District + " " + to.Line), Postcode: to.Postcode,
	}})
	if err != nil {
		return err
	}
	if err := c.takeNumber(ctx, number{Parcel: p.ID, Shipment: s.ID}, s.Carrier, tracking); err != nil {
		return err
	}
	_, err = c.change(ctx, p.ID, func(p *parcel) error {
		p.box(s.ID).Tracking = tracking
		p.schedule(c.Now())
		return nil
	})
	return err
}

func (c *Core) announceDue(ctx context.Context) error {
	return c.each(ctx, "announce", func(p parcel) error {
		_, err := c.announce(ctx, p.ID)
		return err
	})
}

// each does something for the parcels whose instant in an index has come. One
// that fails does not stop the others.
func (c *Core) each(ctx context.Context, index string, f func(parcel) error) error {
	q := docdb.Query{Index: index, Before: c.Now(), Limit: 200}
	for {
		due, err := c.parcels.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, p := range due.Items {
			if err := f(p); err != nil {
				if ctx.Err() != nil {
					return err
				}
				c.Log.WarnContext(ctx, "parcel waits", "parcel", p.ID, "job", index, "err", err)
			}
		}
		if due.Next == "" {
			return nil
		}
		q.After = due.Next
	}
}
