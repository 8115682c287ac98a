package feedcore

import (
	"context"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/kernel/page"
)

func (c *Core) Similar(ctx context.Context, in feed.OfProduct) (feed.Products, error) {
	return feed.Products{}, errOwed
}

func (c *Core) Complements(ctx context.Context, in feed.OfProduct) (feed.Products, error) {
	return feed.Products{}, errOwed
}

func (c *Core) ProductPosts(ctx context.Context, in feed.AskProductPosts) (page.Page[creator.Card], error) {
	return page.Page[creator.Card]{}, errOwed
}

func (c *Core) Shop(ctx context.Context, in feed.AskShop) (page.Page[feed.Offer], error) {
	return page.Page[feed.Offer]{}, errOwed
}
