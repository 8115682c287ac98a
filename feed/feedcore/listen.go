package feedcore

import (
	"context"
	"errors"
	"fmt"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// listen takes in what is announced. Events come more than once and in any
// order: the later version wins, and gone is the last of all.
func (c *Core) listen(ctx context.Context) error {
	return errors.Join(
		bus.On(ctx, c.Bus, Consumer, creator.Published, func(ctx context.Context, _ bus.Event, d creator.PublishedData) error {
			return c.takePost(ctx, postOf(d))
		}),
		bus.On(ctx, c.Bus, Consumer, creator.Removed, func(ctx context.Context, _ bus.Event, d creator.RemovedData) error {
			return c.takePost(ctx, post{ID: d.Post, Author: d.Author})
		}),
		bus.On(ctx, c.Bus, Consumer, catalog.ProductChanged, func(ctx context.Context, _ bus.Event, d catalog.ProductChangedData) error {
			return c.takeProduct(ctx, productOf(d.Product, d.Rev))
		}),
	)
}

func (c *Core) takePost(ctx context.Context, next post) error {
	_, err := c.posts.Upsert(ctx, string(next.ID), func(p *post) error {
		if p.ID == "" || next.gone() || !p.gone() && next.Rev > p.Rev {
			*p = next
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("take post: %w", err)
	}
	return c.indexPost(ctx, next.ID)
}

func (c *Core) takeProduct(ctx context.Context, next product) error {
	_, err := c.products.Upsert(ctx, string(next.ID), func(p *product) error {
		if p.ID == "" || next.newer(*p) {
			*p = next
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("take product: %w", err)
	}
	return c.indexProduct(ctx, next.ID)
}

// indexTries bounds how often a document is put again because it changed while
// it was being put.
const indexTries = 20

// indexPost makes the index say what the post's record says. Two that do this
// at once may put in the wrong order: each looks again after putting, so that
// whoever put last put what is there.
func (c *Core) indexPost(ctx context.Context, p id.Post) error {
	var put *post
	for range indexTries {
		now, err := c.posts.Get(ctx, string(p))
		if err != nil {
			return fmt.Errorf("index post: %w", err)
		}
		if put != nil && put.Rev == now.Rev && put.gone() == now.gone() {
			return nil
		}
		if now.gone() {
			err = c.Index.Delete(ctx, string(p))
		} else {
			err = c.Index.Put(ctx, now.doc())
		}
		if err != nil {
			return fmt.Errorf("index post: %w", err)
		}
		put = &now
	}
	return docdb.ErrBusy
}

// indexProduct is indexPost for a product. What is off sale is not found.
func (c *Core) indexProduct(ctx context.Context, p id.Product) error {
	var put *product
	for range indexTries {
		now, err := c.products.Get(ctx, string(p))
		if err != nil {
			return fmt.Errorf("index product: %w", err)
		}
		if put != nil && !now.newer(*put) {
			return nil
		}
		if now.Listed {
			err = c.Index.Put(ctx, now.doc())
		} else {
			err = c.Index.Delete(ctx, string(p))
		}
		if err != nil {
			return fmt.Errorf("index product: %w", err)
		}
		put = &now
	}
	return docdb.ErrBusy
}
