package fulfilcore

import (
	"context"
	"sync"

	"meadow/services/aftersale"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/platform/bus"
	"meadow/services/promo/groupbuy"
)

// Consumer is fulfilment's name on the bus.
const Consumer = "fulfil"

// workers is how many webhooks are acted on at once.
const workers = 2

// Run makes parcels of what is paid, acts on what carriers and teams tell, and
// announces parcels, until ctx ends.
func (c *Core) Run(ctx context.Context) error {
	ctx = system(ctx)
	err := bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, d checkout.OrderData) error {
		return c.ensure(system(ctx), d.Order)
	})
	if err != nil {
		return err
	}
	err = bus.On(ctx, c.Bus, Consumer, checkout.OrderRefunded, func(ctx context.Context, _ bus.Event, r checkout.Refund) error {
		return c.refunded(system(ctx), r)
	})
	if err != nil {
		return err
	}
	err = bus.On(ctx, c.Bus, Consumer, groupbuy.Filled, func(ctx context.Context, _ bus.Event, t groupbuy.TeamData) error {
		return c.filled(system(ctx), t)
	})
	if err != nil {
		return err
	}
	err = bus.On(ctx, c.Bus, Consumer, fulfil.ParcelReceived, func(ctx context.Context, _ bus.Event, d fulfil.ParcelData) error {
		return c.recordBought(system(ctx), d)
	})
	if err != nil {
		return err
	}
	err = bus.On(ctx, c.Bus, Consumer, aftersale.Moved, func(ctx context.Context, _ bus.Event, a aftersale.MovedData) error {
		return c.moved(system(ctx), a)
	})
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for range workers {
		wg.Go(func() { c.work(ctx) })
	}
	return c.relay.Run(ctx)
}

// work acts on messages as they arrive, until ctx ends.
func (c *Core) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-c.arrived:
			if err := c.act(ctx, m); err != nil && ctx.Err() == nil {
				c.Log.WarnContext(ctx, "tracking waits", "message", m, "err", err)
			}
		}
	}
}
