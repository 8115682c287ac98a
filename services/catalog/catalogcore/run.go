package catalogcore

import (
	"context"
	"errors"
	"sync"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
)

// Consumer is the catalogue's name on the bus.
const Consumer = "catalog"

// sweepEvery is how often lapsed holds are looked for.
const sweepEvery = 5 * time.Second

// lowEvery is how often watched SKUs are counted.
const lowEvery = time.Minute

// Run subscribes to what happens to orders, gives back what lapses, and
// announces products, until ctx ends.
func (c *Core) Run(ctx context.Context) error {
	if err := bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, e checkout.OrderData) error {
		_, err := c.Commit(ctx, catalog.Reserve{Order: e.Order, Units: units(e.Lines), Until: e.ExpiresAt})
		return err
	}); err != nil {
		return err
	}
	for _, t := range []bus.Topic[checkout.OrderData]{checkout.OrderCancelled, checkout.OrderExpired} {
		if err := bus.On(ctx, c.Bus, Consumer, t, func(ctx context.Context, _ bus.Event, e checkout.OrderData) error {
			return c.releaseFor(ctx, e.Order)
		}); err != nil {
			return err
		}
	}
	var wg sync.WaitGroup
	var ended [2]error
	wg.Go(func() { ended[0] = c.relay.Run(ctx) })
	wg.Go(func() { ended[1] = c.alerts.Run(ctx) })
	wg.Wait()
	return errors.Join(ended[:]...)
}

func (c *Core) releaseFor(ctx context.Context, o id.Order) error {
	_, err := c.Release(ctx, catalog.ByOrder{Order: o})
	return err
}

func units(lines []checkout.LineData) []catalog.Units {
	out := make([]catalog.Units, 0, len(lines))
	for _, l := range lines {
		out = append(out, catalog.Units{SKU: l.SKU, N: l.N})
	}
	return out
}
