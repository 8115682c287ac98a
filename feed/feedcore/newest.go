package feedcore

import (
	"context"
	"fmt"

	"meadow/services/creator"
	"meadow/services/kernel/page"
)

// Newest pages through the posts that are for everybody, latest first.
func (c *Core) Newest(ctx context.Context, in page.Ask) (page.Page[creator.Card], error) {
	none := page.Page[creator.Card]{}
	from, err := readPlace(in.After)
	if err != nil {
		return none, err
	}
	size := in.Size(usualPage, mostPage)
	m, err := c.merge(ctx, []list{{index: "open"}}, from, size)
	if err != nil {
		return none, fmt.Errorf("newest: %w", err)
	}
	return c.fill(ctx, m, size)
}
