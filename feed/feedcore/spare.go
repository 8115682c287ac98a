package feedcore

import (
	"context"
	"fmt"
	"slices"

	"meadow/services/creator"
	"meadow/services/kernel/id"
)

// spare takes those cards away that a person does not want to see: what they
// said of posts, topics and machines. One topic is left in, whose page it is.
func (c *Core) spare(ctx context.Context, p person, cards map[id.Post]creator.Card, but string) error {
	var ask []string
	for post, k := range cards {
		if p.hides(post, k.Author.ID) || p.Wishes.HideAI && k.AI {
			delete(cards, post)
		} else {
			ask = append(ask, string(post))
		}
	}
	muted := slices.DeleteFunc(slices.Clone(p.Wishes.Muted), func(t string) bool { return has([]string{but}, t) })
	if len(muted) == 0 || len(ask) == 0 {
		return nil
	}
	found, err := c.outlines.GetMany(ctx, ask)
	if err != nil {
		return fmt.Errorf("topics: %w", err)
	}
	for _, o := range found {
		if slices.ContainsFunc(o.Topics, func(t string) bool { return has(muted, t) }) {
			delete(cards, o.ID)
		}
	}
	return nil
}
