package flashsalecore

import (
	"context"
	"errors"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/flashsale"
)

// Release gives back the places of an order that was not paid.
func (c *Core) Release(ctx context.Context, o id.Order) error {
	r, err := c.orders.Get(ctx, string(o))
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.release(ctx, r)
}

// Redeem makes an order's places final. Places that have lapsed are taken anew,
// after the sale's end too: they were taken in time. Not of a sale that was
// killed.
func (c *Core) Redeem(ctx context.Context, o id.Order) error {
	const tries = 6
	for range tries {
		r, err := c.orders.Get(ctx, string(o))
		if errors.Is(err, docdb.ErrNotFound) {
			return nil // it takes none
		}
		if err != nil {
			return err
		}
		switch r.State {
		case returning, returned:
			return nil
		case taking, releasing, free:
			if err := c.revive(ctx, r, c.Now().Add(lateHold)); err != nil {
				return err
			}
			continue
		case held:
			r, err = c.step(ctx, r, held, func(x *order) { x.State, x.Until = sold, time.Time{} })
			if errors.Is(err, errMoved) {
				continue
			}
			if err != nil {
				return err
			}
		}
		return c.count1(ctx, r)
	}
	return docdb.ErrBusy
}

// revive takes lapsed places anew.
func (c *Core) revive(ctx context.Context, r order, until time.Time) error {
	for _, u := range r.Uses {
		s, err := c.sales.Get(ctx, u.Sale)
		if err != nil {
			return err
		}
		if s.State == flashsale.Killed {
			return promo.ErrUsedUp
		}
	}
	_, err := c.reserve(ctx, r, until)
	if errors.Is(err, promo.ErrLimit) {
		return promo.ErrUsedUp.Because(err)
	}
	return err
}

// count1 counts what an order bought in its cells.
func (c *Core) count1(ctx context.Context, r order) error {
	for _, p := range r.Parts {
		if err := c.countSold(ctx, r, p); err != nil {
			return err
		}
	}
	return nil
}

// Return gives an order's places back to the sale, and to what its buyer may
// have, if the whole of it goes back.
func (c *Core) Return(ctx context.Context, in promo.Return) error {
	if !in.Whole {
		return nil
	}
	const tries = 6
	for range tries {
		r, err := c.orders.Get(ctx, string(in.Order))
		if errors.Is(err, docdb.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		switch r.State {
		case returned:
			return nil
		case returning:
			return c.goBack(ctx, r)
		case sold:
			if err := c.count1(ctx, r); err != nil { // before it is uncounted
				return err
			}
			_, err = c.step(ctx, r, sold, func(x *order) { x.State, x.Until = returning, c.Now() })
		case free:
			_, err = c.step(ctx, r, free, func(x *order) { x.State, x.GoneAt = returned, time.Time{} })
		default:
			err = c.release(ctx, r)
		}
		if err != nil && !errors.Is(err, errMoved) {
			return err
		}
	}
	return docdb.ErrBusy
}

// goBack finishes a return.
func (c *Core) goBack(ctx context.Context, r order) error {
	for _, p := range r.Parts {
		if err := c.takeBack(ctx, r, p); err != nil {
			return err
		}
	}
	_, err := c.step(ctx, r, returning, func(x *order) { x.State, x.Until = returned, time.Time{} })
	if errors.Is(err, errMoved) {
		return nil
	}
	return err
}

const (
	sweepEvery = 5 * time.Second
	sweepBatch = 200
)

// sweep gives back what has lapsed, finishes returns, and takes out of the cells
// what a process that was killed left in them.
func (c *Core) sweep(ctx context.Context) error {
	return errors.Join(
		walk(ctx, c.orders, docdb.Query{Index: "until", Before: c.later()}, func(r order) error {
			if r.State == returning {
				return c.goBack(ctx, r)
			}
			return c.release(ctx, r)
		}),
		walk(ctx, c.cells, docdb.Query{Index: "held", From: int64(1)}, func(x cell) error {
			var all []error
			for o, h := range x.Holds {
				all = append(all, c.reclaim(ctx, x.ID, id.Order(o), h))
			}
			return errors.Join(all...)
		}),
	)
}

// reclaim makes a hold agree with its order. An order is stored before any cell
// is asked, so a hold of none, or of another generation, is left over.
func (c *Core) reclaim(ctx context.Context, home string, o id.Order, h hold) error {
	r, err := c.orders.Get(ctx, string(o))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	if err == nil && r.Gen == h.Gen {
		switch r.State {
		case taking, held, releasing:
			return nil
		case sold, returning:
			return c.count1(ctx, r)
		}
	}
	return c.drop(ctx, home, o, h)
}

// walk calls f with every document of a query. One that fails does not stop
// those behind it.
func walk[T any](ctx context.Context, c *docdb.Collection[T], q docdb.Query, f func(T) error) error {
	q.Limit = sweepBatch
	var all []error
	for {
		found, err := c.Find(ctx, q)
		if err != nil {
			return errors.Join(append(all, err)...)
		}
		for _, v := range found.Items {
			if err := f(v); err != nil {
				all = append(all, err)
			}
			if ctx.Err() != nil {
				return errors.Join(all...)
			}
		}
		if found.Next == "" {
			return errors.Join(all...)
		}
		q.After = found.Next
	}
}
