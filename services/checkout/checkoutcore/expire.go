package checkoutcore

import (
	"context"
	"errors"
	"time"

	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// Cancel closes an unpaid order at its buyer's word.
func (c *Core) Cancel(ctx context.Context, in checkout.ByOrder) (checkout.Order, error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return checkout.Order{}, err
	}
	o, err := c.own(ctx, buyer, in.ID)
	if err != nil {
		return checkout.Order{}, err
	}
	if o.State == checkout.Cancelled {
		return o.Order, nil
	}
	o, err = c.close(ctx, in.ID, checkout.Cancelled)
	return o.Order, err
}

// close moves an unpaid order to a state without money, and tells the
// catalogue in the same write.
func (c *Core) close(ctx context.Context, o id.Order, to checkout.State) (order, error) {
	topic := checkout.OrderCancelled
	if to == checkout.Expired {
		topic = checkout.OrderExpired
	}
	out, err := c.orders.Update(ctx, string(o), func(o *order) error {
		if o.State == to {
			return errSame
		}
		if o.State != checkout.Unpaid {
			return checkout.ErrNotUnpaid
		}
		o.State, o.ClosedAt, o.Due = to, c.Now(), time.Time{}
		o.Add(c.Now(), topic.Event(c.Now(), string(o.ID), noted(*o, "")))
		return nil
	})
	if errors.Is(err, errSame) {
		return out, nil
	}
	if err == nil {
		c.orderRelay.Kick(string(o))
	}
	return out, err
}

// expireDue closes orders whose time to pay is over. Their payments are asked
// after first: a webhook may be late.
func (c *Core) expireDue(ctx context.Context) error {
	q := docdb.Query{Index: "due", Before: c.Now(), Limit: 200}
	for {
		due, err := c.orders.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, o := range due.Items {
			if err := c.expire(ctx, o.ID); err != nil {
				c.Log.WarnContext(ctx, "order cannot expire", "order", o.ID, "err", err)
			}
		}
		if due.Next == "" {
			return nil
		}
		q.After = due.Next
	}
}

func (c *Core) expire(ctx context.Context, o id.Order) error {
	tried, err := c.payments.Find(ctx, docdb.Query{Index: "order", Equal: []any{string(o)}, Descending: true, Limit: 20})
	if err != nil {
		return err
	}
	for _, p := range tried.Items {
		if p.open() {
			if err := c.check(ctx, p); err != nil {
				return err // better late than wrong
			}
		}
	}
	_, err = c.close(ctx, o, checkout.Expired)
	if errors.Is(err, checkout.ErrNotUnpaid) {
		return nil
	}
	return err
}

// giveUpAfter is how often a silent payment is asked after: about three days.
const giveUpAfter = 40

// checkSilent asks after payments that nobody told us the end of, and finishes
// those that could not be finished.
func (c *Core) checkSilent(ctx context.Context) error {
	due, err := c.payments.Find(ctx, docdb.Query{Index: "check", Before: c.Now(), Limit: 200})
	if err != nil {
		return err
	}
	for _, p := range due.Items {
		if err := c.checkOne(ctx, p); err != nil {
			c.Log.WarnContext(ctx, "payment cannot be finished", "payment", p.ID, "err", err)
		}
	}
	return nil
}

func (c *Core) checkOne(ctx context.Context, p payment) error {
	_, err := c.payments.Update(ctx, string(p.ID), func(p *payment) error {
		if p.CheckAt.IsZero() {
			return errSame
		}
		p.Checks++
		p.CheckAt = c.Now().Add(min(retryAfter<<min(p.Checks, 20), 2*time.Hour))
		if p.open() && p.Checks > giveUpAfter {
			p.CheckAt = time.Time{}
		}
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	if err != nil {
		return err
	}
	if p.State == checkout.Succeeded {
		return c.fulfil(ctx, p)
	}
	return c.check(ctx, p)
}
