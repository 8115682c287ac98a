package fulfilcore

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// Receive is the buyer's word. Said again, it changes nothing.
func (c *Core) Receive(ctx context.Context, in fulfil.ByParcel) (fulfil.Parcel, error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return fulfil.Parcel{}, err
	}
	p, err := c.parcels.Get(ctx, string(in.ID))
	if errors.Is(err, docdb.ErrNotFound) || err == nil && p.Buyer != buyer {
		return fulfil.Parcel{}, fulfil.ErrNoSuchParcel.Because(err)
	}
	if err != nil {
		return fulfil.Parcel{}, err
	}
	p, err = c.change(ctx, in.ID, func(p *parcel) error {
		switch p.State {
		case fulfil.Received:
			return errSame
		case fulfil.Shipped, fulfil.Delivered:
			return p.receive(c.Now(), c.Window, "received", "buyer")
		}
		return fulfil.ErrNotSent
	})
	if err != nil {
		return fulfil.Parcel{}, err
	}
	return c.view(p, asBuyer), nil
}

// receiveDue receives what its buyer said nothing about.
func (c *Core) receiveDue(ctx context.Context) error {
	return c.each(ctx, "auto", func(p parcel) error { return c.receiveByItself(ctx, p.ID) })
}

func (c *Core) receiveByItself(ctx context.Context, pid id.Parcel) error {
	_, err := c.change(ctx, pid, func(p *parcel) error {
		if p.State != fulfil.Delivered || p.AutoAt.IsZero() || c.Now().Before(p.AutoAt) {
			return errSame
		}
		return p.receive(c.Now(), c.Window, "received", "system")
	})
	return err
}

// readyForPickup notes that a parcel is fetched at the shop: from now on its
// buyer sees the code.
func (c *Core) readyForPickup(ctx context.Context, pid id.Parcel, request, asked string) (parcel, error) {
	return c.change(ctx, pid, func(p *parcel) error {
		switch {
		case p.State == fulfil.Held:
			return fulfil.ErrHeld
		case p.State != fulfil.Waiting && p.State != fulfil.Partly:
			return fulfil.ErrNotToSend
		case p.Pickup:
			return errSame
		}
		p.Pickup = true
		p.remember(request, asked)
		p.log(c.Now(), "ready_for_pickup", "shop", "")
		p.schedule(c.Now())
		return nil
	})
}

// pickupCode is eight digits that follow from the parcel and the shop's key.
func (c *Core) pickupCode(p id.Parcel) string {
	sum := sha256.Sum256([]byte(c.Vault.Blind("pickup_code", string(p))))
	return fmt.Sprintf("%08d", binary.BigEndian.Uint64(sum[:8])%100_000_000)
}

// PickUp hands over what is left of a parcel. A wrong code is counted in the
// write that finds it wrong, so that guesses made at the same time count each.
func (c *Core) PickUp(ctx context.Context, in fulfil.PickUp) (fulfil.Parcel, error) {
	p, err := c.ofShop(ctx, in.ID)
	if err != nil {
		return fulfil.Parcel{}, err
	}
	code, given := c.pickupCode(p.ID), strings.ReplaceAll(in.Code, " ", "")
	right := subtle.ConstantTimeCompare([]byte(code), []byte(given)) == 1
	wrong := false
	p, err = c.change(ctx, in.ID, func(p *parcel) error {
		wrong = false
		now := c.Now()
		if now.Before(p.LockedTo) {
			return fulfil.ErrPickupTries
		}
		if !right {
			wrong = true
			p.miss(now)
			return nil
		}
		if p.State == fulfil.Received && p.Pickup {
			return errSame // the same customer, shown twice
		}
		return p.handOver(now, c.Window)
	})
	if err == nil && wrong {
		err = fulfil.ErrPickupCode
	}
	return c.shopView(p, err)
}

// miss counts a wrong code.
func (p *parcel) miss(now time.Time) {
	if p.Wrong++; p.Wrong >= fulfil.MaxPickupTries {
		p.Wrong, p.LockedTo = 0, now.Add(fulfil.PickupLock)
		p.log(now, "pickup_locked", "system", "")
	}
}

func (p *parcel) handOver(now time.Time, window time.Duration) error {
	if !p.Pickup || p.State != fulfil.Waiting && p.State != fulfil.Partly {
		return fulfil.ErrNotToSend
	}
	units, err := p.take(nil)
	if err != nil {
		return err
	}
	box := id.Shipment(id.Derive("shp", string(p.ID), fulfil.PickUpHere))
	p.Shipments = append(p.Shipments, fulfil.Shipment{
		ID: box, Carrier: fulfil.PickUpHere, Units: units, State: fulfil.Arrived, SentAt: now,
		Events: []fulfil.Event{{ID: string(box), State: fulfil.Arrived, At: now}},
	})
	p.Wrong, p.LockedTo = 0, time.Time{}
	p.deliver(now, "shop")
	return p.receive(now, window, "picked_up", "shop")
}
