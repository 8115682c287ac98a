package pointscore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/promo/points"
	"meadow/services/promo/window"
)

// Consumer is the name of points on the bus.
const Consumer = "points"

// Run subscribes to what happens to orders; deliveries end with the bus.
func (c *Core) Run(ctx context.Context) error {
	return errors.Join(
		bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, e checkout.OrderData) error { return c.Paid(ctx, e) }),
		bus.On(ctx, c.Bus, Consumer, fulfil.ParcelReceived, func(ctx context.Context, _ bus.Event, e fulfil.ParcelData) error { return c.Received(ctx, e) }),
		bus.On(ctx, c.Bus, Consumer, checkout.OrderRefunded, func(ctx context.Context, _ bus.Event, e checkout.Refund) error { return c.Refunded(ctx, e) }),
	)
}

// Paid takes in a paid order: what it brings is pending from now on.
func (c *Core) Paid(ctx context.Context, e checkout.OrderData) error {
	return c.follow(ctx, e.Order, func(o *order) bool {
		if !o.Paid(e) {
			return false
		}
		if o.Brings = e.Earns; o.Brings == 0 {
			o.Brings = c.brings(o)
		}
		return true
	})
}

// brings is what an order brings that was frozen without saying so.
func (c *Core) brings(o *order) int64 {
	paid, _ := o.Goods(nil)
	part, err := paid.Part(c.Settings.Earn)
	if err != nil {
		return 0
	}
	return part.Amount / 100
}

// Received takes in that a parcel is with its buyer.
func (c *Core) Received(ctx context.Context, e fulfil.ParcelData) error {
	return c.follow(ctx, e.Order, func(o *order) bool { return o.Received(e) })
}

// Refunded takes in that money went back.
func (c *Core) Refunded(ctx context.Context, e checkout.Refund) error {
	return c.follow(ctx, e.Order, func(o *order) bool { return o.Refunded(e) })
}

// follow lets a fact change an order's document and what is decided by it, in
// one write, and takes the steps.
func (c *Core) follow(ctx context.Context, name id.Order, fact func(*order) bool) error {
	now := c.Now()
	o, err := c.orders.Upsert(ctx, string(name), func(o *order) error {
		if !fact(o) {
			return errSame
		}
		o.settle(now)
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return err
	}
	return c.carry(ctx, o)
}

// decide lets f change an order that is known.
func (c *Core) decide(ctx context.Context, name id.Order, f func(*order) error) (order, error) {
	now := c.Now()
	o, err := c.orders.Update(ctx, string(name), func(o *order) error {
		if err := f(o); err != nil {
			return err
		}
		o.settle(now)
		return nil
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	return o, err
}

// settle decides what follows from all that is known of an order: how many
// points it has brought, and whether they have matured.
func (o *order) settle(now time.Time) {
	if !o.PaidAt.IsZero() {
		o.count(now)
	}
	closes, known := o.Closes()
	switch {
	case len(o.Steps) > 0:
		o.Due = now.Add(grace)
	case known && !o.Matured:
		o.Due = closes
	default:
		o.Due = time.Time{}
	}
}

func (o *order) count(now time.Time) {
	add := func(cause points.Cause, n int64, until time.Time) {
		if n > 0 {
			name := id.Derive("ptm", string(o.Order.Order), string(cause), fmt.Sprint(o.Granted), fmt.Sprint(len(o.Refunds)))
			o.Steps = append(o.Steps, step{ID: name, Cause: cause, N: n, Expiry: until, At: now})
		}
	}
	paid, kept := o.Goods(nil)
	keeps := window.Share(o.Brings, kept, paid)
	if !o.Counted {
		o.Counted, o.Granted = true, keeps
		add(points.Pending, keeps, time.Time{})
	}
	if less := o.Granted - keeps; less > 0 {
		cause := points.Voided
		if o.Matured {
			cause = points.Back
		}
		add(cause, less, time.Time{})
		o.Granted = keeps
	}
	if closes, known := o.Closes(); known && !o.Matured && !now.Before(closes) {
		o.Matured = true
		add(points.Earned, o.Granted, expiry(now))
	}
}

// carry lets the buyer's account take an order's steps, in their order, and
// then takes them off the order. A step that was taken is known by its id, for
// ever: whoever was killed here may come back late.
func (c *Core) carry(ctx context.Context, o order) error {
	if len(o.Steps) == 0 {
		return nil
	}
	done := map[string]bool{}
	_, err := c.change(ctx, o.Buyer, func(a *account) error {
		for _, s := range o.Steps {
			if err := c.take(ctx, a, s, o.Order.Order); err != nil {
				return err
			}
			done[s.ID] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = c.decide(ctx, o.Order.Order, func(o *order) error {
		left := o.Steps[:0:0]
		for _, s := range o.Steps {
			if !done[s.ID] {
				left = append(left, s)
			}
		}
		if len(left) == len(o.Steps) {
			return errSame
		}
		o.Steps = left
		return nil
	})
	return err
}

// take lets an account take a step, unless it did. What it has forgotten is on
// record, or waits in it to be.
func (c *Core) take(ctx context.Context, a *account, s step, order id.Order) error {
	if c.Now().Sub(s.At) > remember {
		_, err := c.moves.Get(ctx, s.ID)
		if err == nil || slices.ContainsFunc(a.Moves, func(m points.Move) bool { return m.ID == s.ID }) {
			return nil
		}
		if !errors.Is(err, docdb.ErrNotFound) {
			return err
		}
	}
	a.apply(s, order, c.Now())
	return nil
}

// Settle matures what is due, takes steps that were left, puts movements on
// record and lets points expire. It may run anywhere, and twice at a time.
func (c *Core) Settle(ctx context.Context) error {
	now := c.Now()
	q := docdb.Query{Index: "due", Before: now.Add(time.Millisecond), Limit: atOnce}
	orders, err := c.orders.Find(ctx, q)
	if err != nil {
		return err
	}
	var all []error
	for _, o := range orders.Items {
		name := o.Order.Order
		o, err := c.decide(ctx, name, func(*order) error { return nil })
		if err == nil {
			err = c.carry(ctx, o)
		}
		all = append(all, putOff(ctx, c.orders, string(name), now, err))
	}
	accounts, err := c.accounts.Find(ctx, q)
	all = append(all, err)
	for _, a := range accounts.Items {
		_, err := c.change(ctx, a.User, func(*account) error { return nil })
		all = append(all, putOff(ctx, c.accounts, string(a.User), now, err))
	}
	return errors.Join(all...)
}

// later is when the job tries again what failed.
const later = time.Minute

// putOff lets the job do others before a document that failed, unless it is
// settled by now.
func putOff[T any](ctx context.Context, c *docdb.Collection[T], id string, now time.Time, why error) error {
	if why == nil || ctx.Err() != nil {
		return why
	}
	_, err := c.UpdateIf(ctx, id, []docdb.Cond{{Field: "due", Op: docdb.Present}}, []docdb.Change{{Field: "due", Verb: docdb.Set, Value: now.Add(later)}})
	if errors.Is(err, docdb.ErrRefused) {
		err = nil
	}
	return errors.Join(fmt.Errorf("%s: %w", id, why), err)
}
