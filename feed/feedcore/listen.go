package feedcore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// listen takes in what is announced. Events come more than once and in any
// order: the highest revision wins, whether it says there or gone.
func (c *Core) listen(ctx context.Context) error {
	return errors.Join(c.hearPosts(ctx, Consumer), c.hearPeers(ctx))
}

func (c *Core) hearPosts(ctx context.Context, consumer string) error {
	return errors.Join(
		bus.On(ctx, c.Bus, consumer, creator.Published, func(ctx context.Context, _ bus.Event, d creator.PublishedData) error {
			return c.takePosts(ctx, postOf(d))
		}),
		bus.On(ctx, c.Bus, consumer, creator.Removed, func(ctx context.Context, _ bus.Event, d creator.RemovedData) error {
			return c.takePosts(ctx, goneOf(d.Post, d.Author, d.Rev))
		}),
		bus.On(ctx, c.Bus, consumer, catalog.ProductChanged, func(ctx context.Context, _ bus.Event, d catalog.ProductChangedData) error {
			return c.takeProducts(ctx, productOf(d.Product, d.Rev))
		}),
	)
}

// hearPeers hears the same under a name of this process's own, where there are
// several: of what one of them takes in the others have only the records.
func (c *Core) hearPeers(ctx context.Context) error {
	if c.shards() == 1 {
		return nil
	}
	own := fmt.Sprintf("%s-posts-%d", Consumer, c.Shard)
	return errors.Join(
		bus.On(ctx, c.Bus, own, creator.Published, func(ctx context.Context, _ bus.Event, d creator.PublishedData) error {
			return c.notice(ctx, postOf(d))
		}),
		bus.On(ctx, c.Bus, own, creator.Removed, func(ctx context.Context, _ bus.Event, d creator.RemovedData) error {
			return c.notice(ctx, goneOf(d.Post, d.Author, d.Rev))
		}),
		bus.On(ctx, c.Bus, own, catalog.ProductChanged, func(ctx context.Context, _ bus.Event, d catalog.ProductChangedData) error {
			return c.takeProducts(ctx, productOf(d.Product, d.Rev))
		}),
	)
}

// notice puts a post into memory at once, and sees to it that the record knows
// it: whoever takes that in may stop before it is written.
func (c *Core) notice(ctx context.Context, p post) error {
	if err := c.apply(ctx, p.outline()); err != nil {
		return err
	}
	h, err := c.heads.Get(ctx, string(p.ID))
	if err == nil && h.Rev >= p.Rev {
		return nil
	}
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return fmt.Errorf("notice: %w", err)
	}
	return c.takePosts(ctx, p)
}

// takers is how many records of one batch are written at a time.
const takers = 8

func (c *Core) takePosts(ctx context.Context, all ...post) error {
	now := c.Now().UTC()
	var mu sync.Mutex // guards stored
	stored := make([]outline, 0, len(all))
	err := each(all, func(next post) error {
		is, err := c.posts.Upsert(ctx, string(next.ID), func(p *post) error {
			if p.ID == "" || next.newer(*p) {
				*p = next.over(*p)
				p.HeardAt = now
			}
			return nil
		})
		mu.Lock()
		defer mu.Unlock()
		stored = append(stored, is.outline())
		return err
	})
	if err != nil {
		return fmt.Errorf("take posts: %w", err)
	}
	ids := make([]string, len(all))
	for i, p := range all {
		ids[i] = string(p.ID)
	}
	if err := c.tagAll(ctx, ids); err != nil {
		return err
	}
	if err := c.apply(ctx, stored...); err != nil {
		return err
	}
	if err := reindex(ctx, c.Index, c.posts, ids); err != nil {
		return err
	}
	return c.meet(ctx, all)
}

func (c *Core) takeProducts(ctx context.Context, all ...product) error {
	err := each(all, func(next product) error {
		_, err := c.products.Upsert(ctx, string(next.ID), func(p *product) error {
			if p.ID == "" || next.newer(*p) {
				sold := max(next.Sold, p.Sold)
				*p = next
				p.Sold = sold
			}
			return nil
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("take products: %w", err)
	}
	ids := make([]string, len(all))
	for i, p := range all {
		ids[i] = string(p.ID)
	}
	if err := reindex(ctx, c.Index, c.products, ids); err != nil {
		return err
	}
	return each(all, func(p product) error { return c.resale(ctx, p.ID) })
}

// each calls f with all of them, a few at a time.
func each[T any](all []T, f func(T) error) error {
	if len(all) == 1 {
		return f(all[0])
	}
	errs := make([]error, min(takers, len(all)))
	var work sync.WaitGroup
	for w := range errs {
		work.Go(func() {
			for i := w; i < len(all) && errs[w] == nil; i += takers {
				errs[w] = f(all[i])
			}
		})
	}
	work.Wait()
	return errors.Join(errs...)
}
