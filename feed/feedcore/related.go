package feedcore

import (
	"context"
	"fmt"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// Related pages through posts that go with one that the caller may read.
func (c *Core) Related(ctx context.Context, in feed.AskRelated) (page.Page[feed.Shown], error) {
	none := page.Page[feed.Shown]{}
	walk, err := readWalk(in.After)
	if err != nil {
		return none, err
	}
	if _, err := c.readable(ctx, in.ID); err != nil {
		return none, err
	}
	s, err := c.seeker(ctx, in.Lang)
	if err != nil {
		return none, err
	}
	s.ask.Like = in.ID
	if in.After == "" {
		walk.Show(in.ID)
	}
	out, err := c.choose(ctx, s, walk, in.Size(usualPage, mostPage))
	if err != nil {
		return none, fmt.Errorf("related: %w", err)
	}
	return out, nil
}

// readable returns a post's facts if the caller may read it:
// creator.ErrNoSuchPost.
func (c *Core) readable(ctx context.Context, p id.Post) (creator.PostFacts, error) {
	got, err := c.Creator.Facts(asFeed(ctx), creator.Cards{IDs: []id.Post{p}, For: viewer(ctx)})
	if err != nil {
		return creator.PostFacts{}, fmt.Errorf("facts: %w", err)
	}
	if len(got.Items) == 0 || !got.Items[0].Visible {
		return creator.PostFacts{}, creator.ErrNoSuchPost
	}
	return got.Items[0], nil
}
