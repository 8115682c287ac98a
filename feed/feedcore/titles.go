package feedcore

import (
	"context"
	"fmt"
	"slices"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/kernel/id"
)

// entitle gives hints the titles of the posts that led to them. One that the
// caller may not see any more is not named.
func (c *Core) entitle(ctx context.Context, hints []*feed.Hint) error {
	var ids []id.Post
	for _, h := range hints {
		if h.Post != "" && !slices.Contains(ids, h.Post) {
			ids = append(ids, h.Post)
		}
	}
	titles, err := c.titlesOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, h := range hints {
		if h.Title = titles[h.Post]; h.Title == "" {
			h.Post = ""
		}
	}
	return nil
}

// titlesOf are the titles of those posts that the caller may see now.
func (c *Core) titlesOf(ctx context.Context, ids []id.Post) (map[id.Post]string, error) {
	out := map[id.Post]string{}
	for some := range slices.Chunk(ids, mostCards) {
		got, err := c.Creator.Facts(asFeed(ctx), creator.Cards{IDs: some, For: viewer(ctx)})
		if err != nil {
			return nil, fmt.Errorf("titles: %w", err)
		}
		for _, f := range got.Items {
			if f.Visible {
				out[f.ID] = f.Title
			}
		}
	}
	return out, nil
}
