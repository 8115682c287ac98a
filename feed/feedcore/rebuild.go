package feedcore

import (
	"context"
	"fmt"
	"math"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// batch is how many things a rebuild asks for at a time.
const batch = 50

// Rebuild makes all that the feed keeps again, from the creators and the
// catalogue. Until it is done a search finds only a part; lists stay whole.
func (c *Core) Rebuild(ctx context.Context) error {
	begun := c.Now()
	if err := c.Index.Clear(ctx); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	posts, err := c.rebuildPosts(ctx)
	if err != nil {
		return fmt.Errorf("rebuild posts: %w", err)
	}
	if err := c.dropGone(ctx); err != nil {
		return fmt.Errorf("rebuild posts: %w", err)
	}
	products, err := c.rebuildProducts(ctx)
	if err != nil {
		return fmt.Errorf("rebuild products: %w", err)
	}
	if err := c.rebuildAuthors(ctx); err != nil {
		return fmt.Errorf("rebuild authors: %w", err)
	}
	if err := c.Index.Sync(ctx); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	if ix, ok := c.Index.(fresh); ok {
		if err := ix.MarkBuilt(ctx); err != nil {
			return fmt.Errorf("rebuild: %w", err)
		}
	}
	c.Log.InfoContext(ctx, "feed rebuilt", "posts", posts, "products", products, "took", c.Now().Sub(begun))
	return nil
}

func (c *Core) rebuildPosts(ctx context.Context) (n int, err error) {
	for ask := (page.Ask{Limit: batch}); ; {
		got, err := c.Creator.AllPosts(asFeed(ctx), ask)
		if err != nil {
			return n, err
		}
		posts := make([]post, len(got.Items))
		for i, d := range got.Items {
			posts[i] = postOf(d)
		}
		if err := c.takePosts(ctx, posts...); err != nil {
			return n, err
		}
		n += len(posts)
		if ask.After = got.Next; ask.After == "" {
			return n, nil
		}
	}
}

// dropGone takes out the posts whose removal was never heard of: for good those
// that are no more, and the others until they appear again, with a higher
// revision than the one that is known here.
func (c *Core) dropGone(ctx context.Context) error {
	var kept []Head
	flush := func() error {
		ids := make([]id.Post, len(kept))
		for i, h := range kept {
			ids[i] = h.ID
		}
		got, err := c.Creator.Facts(asFeed(ctx), creator.Cards{IDs: ids})
		if err != nil {
			return err
		}
		states := map[id.Post]creator.State{}
		for _, f := range got.Items {
			states[f.ID] = f.State
		}
		var gone []post
		for _, h := range kept {
			switch state, exists := states[h.ID]; {
			case !exists:
				gone = append(gone, goneOf(h.ID, h.Author, math.MaxInt64))
			case state != creator.Approved && state != creator.Limited:
				gone = append(gone, goneOf(h.ID, h.Author, h.Rev))
			}
		}
		kept = kept[:0]
		return c.takePosts(ctx, gone...)
	}
	err := c.heads.Each(ctx, func(_ string, h Head) error {
		if h.gone() {
			return nil
		}
		if kept = append(kept, h); len(kept) < batch {
			return nil
		}
		return flush()
	})
	if err != nil || len(kept) == 0 {
		return err
	}
	return flush()
}

func (c *Core) rebuildProducts(ctx context.Context) (n int, err error) {
	for in := (catalog.Products{Ask: page.Ask{Limit: batch}}); ; {
		got, err := c.Catalog.Products(asFeed(ctx), in)
		if err != nil {
			return n, err
		}
		products := make([]product, len(got.Items))
		for i, p := range got.Items {
			products[i] = productOf(p, 0)
		}
		if err := c.takeProducts(ctx, products...); err != nil {
			return n, err
		}
		n += len(products)
		if in.After = got.Next; in.After == "" {
			return n, nil
		}
	}
}
