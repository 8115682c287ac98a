package feedcore

import (
	"context"
	"fmt"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// rounds bounds how often a page reads on because posts turned out to be gone.
const rounds = 8

// Newest pages through all posts, latest first. It passes over posts that are
// gone without the feed having heard of it.
func (c *Core) Newest(ctx context.Context, in page.Ask) (page.Page[creator.Card], error) {
	size := in.Size(usualPage, mostPage)
	out := page.Page[creator.Card]{Items: []creator.Card{}, Next: in.After}
	for range rounds {
		found, err := c.heads.Find(ctx, docdb.Query{Index: "at", Descending: true, Limit: size - len(out.Items), After: out.Next})
		if err != nil {
			return page.Page[creator.Card]{}, fmt.Errorf("newest: %w", err)
		}
		ids := make([]id.Post, len(found.Items))
		for i, h := range found.Items {
			ids[i] = h.ID
		}
		cards, err := c.cards(ctx, ids)
		if err != nil {
			return page.Page[creator.Card]{}, err
		}
		out.Items, out.Next = append(out.Items, cards...), found.Next
		if out.Next == "" || len(out.Items) >= size {
			break
		}
	}
	return out, nil
}

// cards returns posts as the caller sees them.
func (c *Core) cards(ctx context.Context, ids []id.Post) ([]creator.Card, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	got, err := c.Creator.Cards(asFeed(ctx), creator.Cards{IDs: ids, For: actor.From(ctx).User})
	if err != nil {
		return nil, fmt.Errorf("cards: %w", err)
	}
	return got.Items, nil
}
