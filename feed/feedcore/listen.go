package feedcore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/platform/bus"
)

// listen takes in what is announced. Events come more than once and in any
// order: the highest revision wins, whether it says there or gone.
func (c *Core) listen(ctx context.Context) error {
	return errors.Join(
		bus.On(ctx, c.Bus, Consumer, creator.Published, func(ctx context.Context, _ bus.Event, d creator.PublishedData) error {
			return c.takePosts(ctx, postOf(d))
		}),
		bus.On(ctx, c.Bus, Consumer, creator.Removed, func(ctx context.Context, _ bus.Event, d creator.RemovedData) error {
			return c.takePosts(ctx, goneOf(d.Post, d.Author, d.Rev))
		}),
		bus.On(ctx, c.Bus, Consumer, catalog.ProductChanged, func(ctx context.Context, _ bus.Event, d catalog.ProductChangedData) error {
			return c.takeProducts(ctx, productOf(d.Product, d.Rev))
		}),
	)
}

// takers is how many records of one batch are written at a time.
const takers = 8

func (c *Core) takePosts(ctx context.Context, all ...post) error {
	err := each(all, func(next post) error {
		_, err := c.posts.Upsert(ctx, string(next.ID), func(p *post) error {
			if p.ID == "" || next.newer(*p) {
				*p = next.over(*p)
			}
			return nil
		})
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
	return reindex(ctx, c.Index, c.products, ids)
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
