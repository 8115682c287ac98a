package couponcore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/coupon"
)

// Kind implements promo.Source.
func (c *Core) Kind() promo.Kind { return promo.Coupon }

// Lock takes the coupons of an order until an instant: all, or none.
func (c *Core) Lock(ctx context.Context, in promo.Lock, uses []promo.Use) error {
	if len(uses) == 0 {
		return nil
	}
	o := order{ID: in.Order, Buyer: in.Buyer}
	for _, u := range uses {
		o.Uses = append(o.Uses, use{Coupon: u.Ref, Amount: u.Amount.Amount})
	}
	slices.SortFunc(o.Uses, func(a, b use) int { return strings.Compare(a.Coupon, b.Coupon) })
	_, err := c.orders.Upsert(ctx, string(in.Order), func(x *order) error { *x = o; return nil })
	if err != nil {
		return err
	}
	for _, u := range o.Uses {
		if err := c.lockOne(ctx, o, u, in.Until); err != nil {
			return errors.Join(err, c.Release(ctx, in.Order))
		}
	}
	return nil
}

func (c *Core) lockOne(ctx context.Context, o order, u use, until time.Time) error {
	r, b, err := c.known(ctx, u.Coupon)
	if err != nil {
		return err
	}
	switch {
	case r.User != o.Buyer:
		return promo.ErrNotYours
	case slices.Contains(r.Gone, o.ID), b.State == coupon.Killed && r.Order != o.ID:
		return promo.ErrEnded
	}
	return c.seize(ctx, r.ID, b, o, u, func(x *record, token string) error {
		now := c.Now()
		switch {
		case x.Order == o.ID && x.State == used:
			return errMoved
		case x.Order == o.ID && x.State == locked:
			if until.After(x.Until) {
				x.Until = until
			}
			return nil
		case x.State != ready && !fault.On(fault.DoubleRedeem):
			return promo.ErrUsedUp
		case !now.Before(x.ExpiresAt) && !slices.Contains(x.Before, o.ID):
			return promo.ErrEnded
		}
		x.remember(o.ID)
		x.State, x.Order, x.Until, x.Lock, x.Amount = locked, o.ID, until, token, u.Amount
		return nil
	})
}

// remember notes that an order had the coupon in time.
func (r *record) remember(o id.Order) {
	const most = 8
	if !slices.Contains(r.Before, o) {
		r.Before = append(r.Before, o)
		r.Before = r.Before[max(0, len(r.Before)-most):]
	}
}

// known returns a coupon and its batch; one that does not exist is not yours.
func (c *Core) known(ctx context.Context, name string) (record, batch, error) {
	r, err := c.coupons.Get(ctx, name)
	if errors.Is(err, docdb.ErrNotFound) || err == nil && (r.State == claiming || r.State == dropped) {
		return r, batch{}, promo.ErrNotYours
	}
	if err != nil {
		return r, batch{}, err
	}
	b, err := c.batches.Get(ctx, r.Batch)
	return r, b, err
}

// seize holds an amount in the purse, lets change decide about the coupon, and
// makes the purse agree. A lock that has lapsed is given up first.
func (c *Core) seize(ctx context.Context, name string, b batch, o order, u use, change func(*record, string) error) error {
	r, err := c.coupons.Get(ctx, name)
	if err != nil {
		return err
	}
	theirs := r.Order != o.ID && !fault.On(fault.DoubleRedeem)
	if r.State == locked && theirs {
		if c.Now().Before(r.Until) {
			return promo.ErrUsedUp
		}
		if err := c.giveUp(ctx, b, r); err != nil {
			return err
		}
	}
	if r.State == used && theirs {
		return promo.ErrUsedUp
	}
	if r.Order == o.ID && (r.State == locked || r.State == used) {
		_, err = c.coupons.Update(ctx, name, func(x *record) error { return change(x, x.Lock) })
		if err != nil && !errors.Is(err, errMoved) {
			return err
		}
		return c.settle(ctx, b, name, "")
	}
	if r.Last != "" { // an earlier try may have been killed before it gave it back
		if err := c.settle(ctx, b, name, ""); err != nil {
			return err
		}
	}
	token, err := c.hold(ctx, b, r, o.ID, u.Amount)
	if errors.Is(err, errTaken) || errors.Is(err, errSpent) {
		return promo.ErrUsedUp.Because(err)
	}
	if err != nil {
		return err
	}
	_, err = c.coupons.Update(ctx, name, func(x *record) error { return change(x, token) })
	if errors.Is(err, errMoved) {
		err = nil
	}
	return errors.Join(err, c.settle(ctx, b, name, token))
}

// giveUp makes a locked coupon ready again, if its lock is still the one of r.
func (c *Core) giveUp(ctx context.Context, b batch, r record) error {
	_, err := c.coupons.Update(ctx, r.ID, func(x *record) error {
		if x.State != locked || x.Lock != r.Lock || !x.Until.Equal(r.Until) {
			return errMoved
		}
		x.unlock()
		return nil
	})
	if errors.Is(err, errMoved) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.settle(ctx, b, r.ID, "")
}

func (r *record) unlock() {
	r.State, r.Last, r.Lock = ready, r.Lock, ""
	r.Order, r.Until, r.Amount = "", time.Time{}, 0
}

// Release gives back the coupons of an order that are not redeemed.
func (c *Core) Release(ctx context.Context, o id.Order) error {
	return c.each(ctx, o, func(_ order, u use) error {
		r, b, err := c.known(ctx, u.Coupon)
		if errors.Is(err, promo.ErrNotYours) || err == nil && (r.State != locked || r.Order != o) {
			return nil
		}
		if err != nil {
			return err
		}
		return c.giveUp(ctx, b, r)
	})
}

// each calls f with what an order takes. An order that takes nothing is fine.
func (c *Core) each(ctx context.Context, name id.Order, f func(order, use) error) error {
	o, err := c.orders.Get(ctx, string(name))
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, u := range o.Uses {
		if err := f(o, u); err != nil {
			return err
		}
	}
	return nil
}

// Redeem makes final what an order took. A coupon whose lock has lapsed is taken
// anew, even past its end: its owner had it in time. If one of several cannot
// be, none is.
func (c *Core) Redeem(ctx context.Context, name id.Order) error {
	err := c.each(ctx, name, func(o order, u use) error {
		if o.Refused {
			return promo.ErrUsedUp
		}
		return c.redeemOne(ctx, o, u)
	})
	if !errors.Is(err, promo.ErrUsedUp) {
		return err
	}
	_, noted := c.orders.Update(ctx, string(name), func(o *order) error { o.Refused = true; return nil })
	if noted != nil {
		return noted
	}
	return errors.Join(err, c.Return(ctx, promo.Return{Order: name, Whole: true}))
}

func (c *Core) redeemOne(ctx context.Context, o order, u use) error {
	r, b, err := c.known(ctx, u.Coupon)
	if errors.Is(err, promo.ErrNotYours) {
		return nil // it was never locked
	}
	if err != nil {
		return err
	}
	if slices.Contains(r.Gone, o.ID) {
		return nil
	}
	if b.State == coupon.Killed && r.Order != o.ID {
		return promo.ErrUsedUp
	}
	return c.redeemTaken(ctx, b, r.ID, o, u)
}

// redeemTaken makes a coupon used by an order, unless the order has gone back
// meanwhile.
func (c *Core) redeemTaken(ctx context.Context, b batch, name string, o order, u use) error {
	return c.seize(ctx, name, b, o, u, func(x *record, token string) error {
		switch {
		case slices.Contains(x.Gone, o.ID), x.Order == o.ID && x.State == used:
			return errMoved
		case x.State != ready && x.Order != o.ID && !fault.On(fault.DoubleRedeem):
			return promo.ErrUsedUp
		}
		if x.State == ready {
			x.Amount = u.Amount // what it was locked with is in the purse
		}
		x.State, x.Order, x.Lock, x.Until = used, o.ID, token, time.Time{}
		x.UsedAt = c.Now()
		x.Shelf, x.SortAt = usedShelf, x.UsedAt
		return nil
	})
}

// Return gives an order's coupons back if the whole of it goes back: with the
// time they had left, and a little at least.
func (c *Core) Return(ctx context.Context, in promo.Return) error {
	if !in.Whole {
		return nil
	}
	return c.each(ctx, in.Order, func(o order, u use) error {
		r, b, err := c.known(ctx, u.Coupon)
		if errors.Is(err, promo.ErrNotYours) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.State == used && r.Order == o.ID {
			if err := c.settle(ctx, b, r.ID, ""); err != nil { // it is counted before it is uncounted
				return err
			}
		}
		if !r.OwedAt.IsZero() {
			if err := c.payBack(ctx, b, r); err != nil { // of an order before
				return err
			}
		}
		r, err = c.coupons.Update(ctx, r.ID, func(x *record) error { return x.goBack(o.ID, c.Now()) })
		if err != nil && !errors.Is(err, errMoved) {
			return err
		}
		return errors.Join(c.payBack(ctx, b, r), c.settle(ctx, b, r.ID, ""))
	})
}

// goBack notes that an order went back whole.
func (r *record) goBack(o id.Order, now time.Time) error {
	if slices.Contains(r.Gone, o) {
		return errMoved
	}
	if !r.OwedAt.IsZero() {
		return docdb.ErrBusy // the return before is still being counted
	}
	r.Gone = append(r.Gone, o)
	if r.Order != o {
		return nil
	}
	switch r.State {
	case used:
		r.Owed, r.OwedAt, r.ReturnedAt = r.Amount, now, now
		if least := now.Add(coupon.ReturnGrace); r.ExpiresAt.Before(least) {
			r.ExpiresAt = least
		}
		r.UsedAt, r.Shelf, r.SortAt = time.Time{}, openShelf, r.ExpiresAt
		r.unlock()
		r.Last = "" // what it was used with is counted already
	case locked:
		r.unlock()
	}
	return nil
}
