package checkoutcore

import (
	"context"
	"sync"

	"meadow/services/checkout"
	"meadow/services/platform/bus"
	"meadow/services/promo/groupbuy"
)

// Consumer is the till's name on the bus.
const Consumer = "checkout"

// workers is how many webhooks are acted on at once.
const workers = 4

// Run acts on webhooks, expires what is not paid, asks after silent payments
// and announces orders, until ctx ends.
func (c *Core) Run(ctx context.Context) error {
	err := bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, e checkout.OrderData) error {
		return c.recordSales(ctx, e.Order)
	})
	if err != nil {
		return err
	}
	err = bus.On(ctx, c.Bus, Consumer, groupbuy.Lapsed, func(ctx context.Context, _ bus.Event, e groupbuy.TeamData) error {
		return c.lapsed(ctx, e.Team, e.Orders)
	})
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for range workers {
		wg.Go(func() { c.work(ctx) })
	}
	wg.Go(func() { _ = c.paymentRelay.Run(ctx) }) // ends with ctx, as does the one below
	return c.orderRelay.Run(ctx)
}
