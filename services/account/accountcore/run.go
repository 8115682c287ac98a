package accountcore

import (
	"context"
	"fmt"
	"sync"
)

// Run announces what accounts have to announce, hears of bans and sends the
// letters that are queued, until ctx ends. Then it finishes what was asked before, for a short
// while.
func (c *Core) Run(ctx context.Context) error {
	if err := c.listen(ctx); err != nil {
		return fmt.Errorf("account: %w", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { c.deliver(ctx) })
	err := c.relay.Run(ctx)
	wg.Wait()
	return err
}
