package invitecore

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
	"meadow/services/promo/invite"
)

// Consumer is the name of invitations on the bus.
const Consumer = "invite"

// Run subscribes to what happens to orders; deliveries end with the bus.
func (c *Core) Run(ctx context.Context) error {
	return errors.Join(
		bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, e checkout.OrderData) error { return c.Paid(ctx, e) }),
		bus.On(ctx, c.Bus, Consumer, fulfil.ParcelReceived, func(ctx context.Context, _ bus.Event, e fulfil.ParcelData) error { return c.Received(ctx, e) }),
		bus.On(ctx, c.Bus, Consumer, checkout.OrderRefunded, func(ctx context.Context, _ bus.Event, e checkout.Refund) error { return c.Refunded(ctx, e) }),
	)
}

// Paid takes in a paid order: its buyer is known from now on.
func (c *Core) Paid(ctx context.Context, e checkout.OrderData) error {
	err := c.buyers.Insert(ctx, string(e.Buyer), buyer{User: e.Buyer, At: e.PaidAt})
	if err != nil && !errors.Is(err, docdb.ErrExists) {
		return err
	}
	return c.follow(ctx, e.Order, e.Buyer, func(o *order) bool { return o.Paid(e) })
}

// Received takes in that a parcel is with its buyer.
func (c *Core) Received(ctx context.Context, e fulfil.ParcelData) error {
	return c.follow(ctx, e.Order, e.Buyer, func(o *order) bool { return o.Received(e) })
}

// Refunded takes in that money went back.
func (c *Core) Refunded(ctx context.Context, e checkout.Refund) error {
	return c.follow(ctx, e.Order, e.Buyer, func(o *order) bool { return o.Refunded(e) })
}

// follow lets a fact change an order of somebody who was invited, and considers
// their bond. Others' orders are nobody's business here.
func (c *Core) follow(ctx context.Context, name id.Order, who id.User, fact func(*order) bool) error {
	if _, err := c.bonds.Get(ctx, string(who)); errors.Is(err, docdb.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	_, err := c.orders.Upsert(ctx, string(name), func(o *order) error {
		if !fact(o) {
			return errSame
		}
		o.Due = c.Now().Add(grace)
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return err
	}
	return c.consider(ctx, who, name)
}

// mostOrders is how many orders of one person are looked at for one that counts.
const mostOrders = 100

// consider decides what is known of a person's bond by what is known of their
// orders, and does what follows. Then the order is left alone until its window
// closes.
func (c *Core) consider(ctx context.Context, who id.User, name id.Order) error {
	about, err := c.orders.Get(ctx, string(name))
	if err != nil {
		return err
	}
	found, err := c.orders.Find(ctx, docdb.Query{Index: "buyer", Equal: []any{string(who)}, Limit: mostOrders})
	if err != nil {
		return err
	}
	b, err := c.bonds.Update(ctx, string(who), func(b *bond) error { return c.judge(b, found.Items) })
	if err != nil && !errors.Is(err, errSame) {
		return err
	}
	if b.State == invite.Cleared || b.State == invite.Returned {
		if err := c.grant(ctx, b); err != nil {
			return err
		}
	}
	for _, o := range found.Items {
		if o.Order.Order == b.Order && b.Order != name { // it counts in place of this one
			if err := c.schedule(ctx, b, o); err != nil {
				return err
			}
		}
	}
	return c.schedule(ctx, b, about)
}

// schedule says when to look at an order again, unless more has become known of
// it than was considered: whoever told that considers it too.
func (c *Core) schedule(ctx context.Context, b bond, seen order) error {
	_, err := c.orders.Update(ctx, string(seen.Order.Order), func(o *order) error {
		due := time.Time{}
		if at, known := o.Closes(); known && b.Order == o.Order.Order && b.State == invite.Ordered {
			due = at
		}
		if o.facts() != seen.facts() || o.Due.Equal(due) {
			return errSame
		}
		o.Due = due
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

func (o order) facts() int {
	n := len(o.Receipts) + len(o.Refunds)
	if !o.PaidAt.IsZero() {
		n++
	}
	return n
}

// counts reports whether enough of an order is left.
func (c *Core) counts(o order, since time.Time) bool {
	_, kept := o.Goods(nil)
	return !o.PaidAt.IsZero() && !o.PaidAt.Before(since) && kept.Amount >= c.Settings.Least.Amount && kept.Amount > 0
}

// judge moves a bond as far as its orders, oldest first, let it.
func (c *Core) judge(b *bond, orders []order) error {
	was := *b
	i := slices.IndexFunc(orders, func(o order) bool { return o.Order.Order == b.Order })
	switch {
	case b.State == invite.Blocked || b.State == invite.Returned:
		return errSame
	case b.State == invite.Cleared:
		if i < 0 || c.counts(orders[i], b.JoinedAt) {
			return errSame
		}
		b.State = invite.Returned
		return nil
	case slices.ContainsFunc(orders, func(o order) bool { return !o.PaidAt.IsZero() && o.PaidAt.Before(b.JoinedAt) }):
		b.State, b.Reasons = invite.Blocked, []string{invite.Known} // told of late
		return nil
	case i < 0 || !c.counts(orders[i], b.JoinedAt):
		b.State, b.Order, b.DueAt = invite.Joined, "", time.Time{}
		if i = slices.IndexFunc(orders, func(o order) bool { return c.counts(o, b.JoinedAt) }); i >= 0 {
			b.State, b.Order = invite.Ordered, orders[i].Order.Order
		}
	}
	if b.State == invite.Ordered {
		if at, known := orders[i].Closes(); known {
			b.DueAt = at
			if !c.Now().Before(at) {
				b.State, b.ClearedAt = invite.Cleared, c.Now()
			}
		}
	}
	if b.State == was.State && b.Order == was.Order && b.DueAt.Equal(was.DueAt) {
		return errSame
	}
	return nil
}

// Settle considers what is due and ends what was begun and left. It may run
// anywhere, and twice at a time.
func (c *Core) Settle(ctx context.Context) error {
	q := docdb.Query{Index: "due", Before: c.Now().Add(time.Millisecond), Limit: atOnce}
	orders, err := c.orders.Find(ctx, q)
	all := []error{err}
	for _, o := range orders.Items {
		all = append(all, putOff(ctx, c.orders, string(o.Order.Order), c.Now(), c.consider(ctx, o.Buyer, o.Order.Order)))
	}
	rewards, err := c.rewards.Find(ctx, q)
	all = append(all, err)
	for _, r := range rewards.Items {
		all = append(all, putOff(ctx, c.rewards, r.ID, c.Now(), c.advance(ctx, r)))
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
