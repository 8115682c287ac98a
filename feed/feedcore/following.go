package feedcore

import (
	"context"
	"fmt"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// Following pages through the posts of whom the caller follows, latest first.
// It merges the authors' own lists: a post is written once however many follow
// its author, and a page costs one short walk for each one followed, of whom
// there are at most creator.MaxFollows or so.
func (c *Core) Following(ctx context.Context, in feed.AskFollowing) (page.Page[creator.Card], error) {
	none := page.Page[creator.Card]{}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	from, err := readPlace(in.After)
	if err != nil {
		return none, err
	}
	authors, err := c.followed(ctx, me)
	if err != nil {
		return none, err
	}
	size := in.Size(usualPage, mostPage)
	m, err := c.merge(ctx, lists(authors), from, size)
	if err != nil {
		return none, fmt.Errorf("following: %w", err)
	}
	return c.fill(ctx, m, size)
}

func lists(authors []id.User) []list {
	out := make([]list, len(authors))
	for i, a := range authors {
		out[i] = list{index: "author", equal: []any{string(a)}}
	}
	return out
}

// followed returns whom a user follows.
func (c *Core) followed(ctx context.Context, me id.User) ([]id.User, error) {
	var out []id.User
	ask := creator.Follows{ID: me, Ask: page.Ask{Limit: creator.MaxFollows}}
	for len(out) <= creator.MaxFollows {
		got, err := c.Creator.Follows(asFeed(ctx), ask)
		if err != nil {
			return nil, fmt.Errorf("follows: %w", err)
		}
		out = append(out, got.Items...)
		if ask.After = got.Next; ask.After == "" {
			break
		}
	}
	return out, nil
}
