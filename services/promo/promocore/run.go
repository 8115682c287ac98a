package promocore

import (
	"context"
	"errors"

	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
)

// Consumer is the pricing's name on the bus.
const Consumer = "promo"

// Run subscribes to what happens to orders, until ctx ends.
func (c *Core) Run(ctx context.Context) error {
	for _, t := range []bus.Topic[checkout.OrderData]{checkout.OrderCancelled, checkout.OrderExpired} {
		if err := bus.On(ctx, c.Bus, Consumer, t, func(ctx context.Context, _ bus.Event, e checkout.OrderData) error {
			return c.Closed(ctx, e.Order)
		}); err != nil {
			return err
		}
	}
	if err := bus.On(ctx, c.Bus, Consumer, checkout.OrderRefunded, func(ctx context.Context, _ bus.Event, e checkout.Refund) error {
		return c.Refunded(ctx, e)
	}); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// Closed is told that an order was cancelled or expired.
func (c *Core) Closed(ctx context.Context, o id.Order) error {
	_, err := c.Release(ctx, promo.ByOrder{Order: o})
	return err
}

// Refunded is told that money of an order went back.
func (c *Core) Refunded(ctx context.Context, e checkout.Refund) error {
	_, err := c.Return(ctx, promo.Return{Order: e.Order, Whole: e.Whole, Points: e.Points, RequestID: e.ID})
	return err
}

// sweep finishes or undoes what is due: what was half taken or has lapsed is
// given back, what was half redeemed or half returned goes on.
func (c *Core) sweep(ctx context.Context) error {
	ctx = system(ctx)
	q := docdb.Query{Index: "due", Before: c.Now(), Limit: 200}
	for {
		due, err := c.plans.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, p := range due.Items {
			if err := c.finish(ctx, p); err != nil && !errors.Is(err, promo.ErrUsedUp) {
				c.Log.WarnContext(ctx, "a promotion's plan waits", "order", p.ID, "state", p.State, "err", err)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if due.Next == "" {
			return nil
		}
		q.After = due.Next
	}
}

func (c *Core) finish(ctx context.Context, p plan) error {
	switch p.State {
	case taking, held, releasing:
		return c.release(ctx, p.ID, p.State)
	case released:
		return c.tidy(ctx, p)
	case redeeming:
		return c.redeemAll(ctx, p)
	case undoing:
		return c.undo(ctx, p)
	case returning:
		return c.returnAll(ctx, p)
	}
	return nil
}
