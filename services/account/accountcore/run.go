package accountcore

import (
	"context"
	"sync"
)

// Run announces what accounts have to announce and sends the letters that are
// queued, until ctx ends. Then it finishes what was asked before, for a short
// while.
func (c *Core) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { c.deliver(ctx) })
	err := c.relay.Run(ctx)
	wg.Wait()
	return err
}
