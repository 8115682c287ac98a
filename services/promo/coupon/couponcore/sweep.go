package couponcore

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// Consumer is the name of coupons on the bus.
const Consumer = "coupon"

const (
	sweepEvery  = 5 * time.Second
	settleEvery = time.Minute
	sweepBatch  = 200
)

// buyer is that a person has bought: of a shop, or, with none, of any.
type buyer struct {
	ID string    `bson:"_id"`
	At time.Time `bson:"at"`
}

func buyerID(person string, shop id.Merchant) string {
	return id.Derive("cbu", person, string(shop))
}

// Run listens to what was bought, to know who is new, until ctx ends.
func (c *Core) Run(ctx context.Context) error {
	err := bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, e checkout.OrderData) error {
		return c.notePurchase(ctx, e)
	})
	if err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (c *Core) notePurchase(ctx context.Context, e checkout.OrderData) error {
	persons, err := c.persons(ctx, e.Buyer)
	if err != nil {
		return err
	}
	shops := map[id.Merchant]bool{"": true}
	for _, l := range e.Lines {
		shops[l.Merchant] = true
	}
	for _, p := range persons {
		for _, shop := range slices.Sorted(maps.Keys(shops)) {
			name := buyerID(p, shop)
			if err := c.buyers.Insert(ctx, name, buyer{ID: name, At: e.PaidAt}); err != nil && !errors.Is(err, docdb.ErrExists) {
				return err
			}
		}
	}
	return nil
}

// bought reports whether one of persons ever bought of a shop.
func (c *Core) bought(ctx context.Context, shop id.Merchant, persons []string) (bool, error) {
	ids := make([]string, len(persons))
	for i, p := range persons {
		ids[i] = buyerID(p, shop)
	}
	found, err := c.buyers.GetMany(ctx, ids)
	return len(found) > 0, err
}

// sweep ends locks that have lapsed, and finishes what was cut short.
func (c *Core) sweep(ctx context.Context) error {
	now := c.Now()
	return errors.Join(
		walk(ctx, c.coupons, docdb.Query{Index: "until", Before: c.later()}, func(r record) error {
			b, err := c.batches.Get(ctx, r.Batch)
			if err != nil {
				return err
			}
			return c.giveUp(ctx, b, r)
		}),
		walk(ctx, c.coupons, docdb.Query{Index: "claiming", Before: now.Add(-slack)}, func(r record) error {
			b, err := c.batches.Get(ctx, r.Batch)
			if err != nil {
				return err
			}
			if _, err = c.finish(ctx, b, r); err != nil {
				c.Log.InfoContext(ctx, "a claim that was cut short was refused", "coupon", r.ID, "err", err)
			}
			return nil
		}),
		walk(ctx, c.coupons, docdb.Query{Index: "owed", Before: now.Add(-slack)}, func(r record) error {
			b, err := c.batches.Get(ctx, r.Batch)
			if err != nil {
				return err
			}
			return c.payBack(ctx, b, r)
		}),
	)
}

// settleAll takes out of quotas and purses what a process that was killed left
// in them.
func (c *Core) settleAll(ctx context.Context) error {
	old := c.Now().Add(-slack)
	return errors.Join(
		walk(ctx, c.quotas, docdb.Query{Index: "pending", From: int64(1)}, func(q quota) error {
			var all []error
			for _, name := range slices.Sorted(maps.Keys(q.Claims)) {
				p := q.Claims[name]
				if p.At.After(old) {
					continue
				}
				r, err := c.coupons.Get(ctx, name)
				if err == nil && r.State != claiming { // else the sweep finishes it
					err = c.settlePlace(ctx, r, p.Token)
				}
				all = append(all, err)
			}
			return errors.Join(all...)
		}),
		walk(ctx, c.purses, docdb.Query{Index: "open", From: int64(1)}, func(p purse) error {
			var all []error
			for _, name := range slices.Sorted(maps.Keys(p.Locks)) {
				e := p.Locks[name]
				if e.At.After(old) {
					continue
				}
				r, err := c.coupons.Get(ctx, name)
				var b batch
				if err == nil {
					b, err = c.batches.Get(ctx, r.Batch)
				}
				if err == nil {
					err = c.settle(ctx, b, name, "")
				}
				all = append(all, err)
			}
			return errors.Join(all...)
		}),
	)
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
