package bargaincore

import (
	"context"
	"errors"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
)

// places are how many bargains of an offer can be started, and which have been.
// Its id is the offer's.
type places struct {
	ID    string          `bson:"_id"`
	Left  int64           `bson:"left"`
	Taken map[string]bool `bson:"taken"` // by bargain
}

// startWithin is how long starting a bargain may take before a job looks after it.
const startWithin = time.Minute

// Begin implements bargain.Service. The bargain is written down first, then
// takes its place, then runs; the job finishes what died between.
func (c *Core) Begin(ctx context.Context, in bargain.Begin) (bargain.Bargain, error) {
	u, err := actor.Signed(ctx)
	if err != nil {
		return bargain.Bargain{}, err
	}
	bid := id.Derive("bgn", in.Offer, string(u))
	b, err := c.bargains.Get(ctx, bid)
	if err == nil && b.State != starting {
		return c.shown(ctx, b)
	}
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return bargain.Bargain{}, err
	}
	o, err := c.offer(ctx, in.Offer)
	if err != nil {
		return bargain.Bargain{}, err
	}
	if err := o.opens(c.Now()); err != nil {
		return bargain.Bargain{}, err
	}
	if err := c.write(ctx, bid, o, u); err != nil {
		return bargain.Bargain{}, err
	}
	if err := c.takePlace(ctx, o.ID, bid); err != nil {
		if errors.Is(err, promo.ErrUsedUp) {
			_ = c.forget(context.WithoutCancel(ctx), bid) // or the job does
		}
		return bargain.Bargain{}, err
	}
	b, err = c.run(ctx, bid)
	if errors.Is(err, bargain.ErrNoSuchBargain) {
		// Another try found no place and forgot it, and then there was one.
		return bargain.Bargain{}, errors.Join(docdb.ErrBusy, c.freePlace(context.WithoutCancel(ctx), o.ID, bid))
	}
	if err != nil {
		return bargain.Bargain{}, err
	}
	return c.shown(ctx, b)
}

// write stores a bargain with its secret cuts.
func (c *Core) write(ctx context.Context, bid string, o offer, u id.User) error {
	total, err := o.Start.Sub(o.Floor)
	if err != nil {
		return err
	}
	news, rest, err := split(total, o.Cuts, o.NewCuts, secret())
	if err != nil {
		return err
	}
	as, err := c.identities(ctx, u)
	if err != nil {
		return err
	}
	now := c.Now()
	err = c.bargains.Insert(ctx, bid, record{
		ID: bid, Offer: o.ID, Merchant: o.Merchant, Product: o.Product, SKU: o.SKU, Name: o.Name, Owner: u, As: as,
		Start: o.Start, Floor: o.Floor, Price: o.Start, AtFloor: o.AtFloor, Hours: o.Hours,
		State: starting, New: news, Rest: rest, Helps: []help{}, BegunAt: now, EndsAt: now, Due: now.Add(startWithin),
	})
	if errors.Is(err, docdb.ErrExists) {
		return nil
	}
	return err
}

// takePlace takes one of an offer's places for a bargain, once.
func (c *Core) takePlace(ctx context.Context, offerID, bid string) error {
	_, err := c.places.UpdateIf(ctx, offerID,
		[]docdb.Cond{{Field: "left", Op: docdb.Gte, Value: int64(1)}, {Field: "taken." + bid, Op: docdb.Absent}},
		[]docdb.Change{{Field: "left", Verb: docdb.Add, Value: int64(-1)}, {Field: "taken." + bid, Verb: docdb.Set, Value: true}})
	if !errors.Is(err, docdb.ErrRefused) {
		return err
	}
	has, err := c.hasPlace(ctx, offerID, bid)
	if err == nil && !has {
		err = promo.ErrUsedUp
	}
	return err
}

func (c *Core) hasPlace(ctx context.Context, offerID, bid string) (bool, error) {
	p, err := c.places.Get(ctx, offerID)
	return p.Taken[bid], err
}

// freePlace gives a bargain's place back, once.
func (c *Core) freePlace(ctx context.Context, offerID, bid string) error {
	_, err := c.places.UpdateIf(ctx, offerID,
		[]docdb.Cond{{Field: "taken." + bid, Op: docdb.Present}},
		[]docdb.Change{{Field: "left", Verb: docdb.Add, Value: int64(1)}, {Field: "taken." + bid, Verb: docdb.Remove}})
	if errors.Is(err, docdb.ErrRefused) {
		return nil
	}
	return err
}

// run lets a bargain that has its place begin.
func (c *Core) run(ctx context.Context, bid string) (record, error) {
	b, err := c.bargains.Update(ctx, bid, func(b *record) error {
		if b.State != starting {
			return errSame
		}
		now := c.Now()
		b.State, b.BegunAt = bargain.Running, now
		b.EndsAt = now.Add(time.Duration(b.Hours) * time.Hour)
		b.Due = b.EndsAt
		return nil
	})
	return b, settled(err)
}

// forget removes a bargain that has not begun.
func (c *Core) forget(ctx context.Context, bid string) error {
	err := c.bargains.DeleteIf(ctx, bid, func(b record) bool { return b.State == starting })
	if errors.Is(err, docdb.ErrNotFound) || errors.Is(err, docdb.ErrConflict) {
		return nil
	}
	return err
}
