package feedcore

import (
	"context"

	"meadow/feed"
	"meadow/services/creator"
)

// Why takes apart how a post would score for the caller now.
func (c *Core) Why(ctx context.Context, in feed.AskWhy) (feed.Why, error) {
	post, err := c.readable(ctx, in.ID)
	if err != nil {
		return feed.Why{}, err
	}
	s, err := c.seeker(ctx, in.Lang)
	if err != nil {
		return feed.Why{}, err
	}
	s.ask.N = 1 // as one is asked of
	out, err := askFor(ctx, c, post.Author, func(ctx context.Context, p feed.Parts) (feed.Why, error) {
		return p.WhyShard(ctx, feed.WhyShard{Post: in.ID, Ask: s.ask})
	})
	if err != nil {
		return feed.Why{}, err
	}
	out.Ad, out.Personal = post.Ad, s.ask.User != ""
	hints := make([]*feed.Hint, len(out.Hints))
	for i := range out.Hints {
		hints[i] = &out.Hints[i]
	}
	return out, c.entitle(ctx, hints)
}

// WhyShard takes a post's score for somebody apart.
func (c *Core) WhyShard(ctx context.Context, in feed.WhyShard) (feed.Why, error) {
	if err := internal(ctx); err != nil {
		return feed.Why{}, err
	}
	ask := c.engineAsk(in.Ask)
	ask.Brief = false
	out, ok := c.engine.Why(ask, in.Post)
	if !ok {
		return feed.Why{}, creator.ErrNoSuchPost
	}
	return out, nil
}
