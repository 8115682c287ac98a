package creatorcore

import (
	"context"
	"fmt"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// Works pages through the posts of the caller, or of an account they work for,
// in any state, newest first.
func (c *Core) Works(ctx context.Context, in creator.Works) (page.Page[creator.Work], error) {
	none := page.Page[creator.Work]{}
	account, err := c.accountOf(ctx, in.As, creator.Editor, creator.Analyst)
	if err != nil {
		return none, err
	}
	q := docdb.Query{
		Index: "works", Equal: []any{string(account)}, Descending: true, Limit: in.Size(usualPage, mostPage), After: in.After,
	}
	if in.State != "" {
		q.Index, q.Equal = "works_state", []any{string(account), in.State}
	}
	found, err := c.posts.Find(ctx, q)
	if err != nil {
		return none, fmt.Errorf("works: %w", err)
	}
	people, err := c.profilesOf(ctx, []id.User{account})
	if err != nil {
		return none, err
	}
	cards, err := c.cardViews(ctx, found.Items, people, viewer(ctx))
	if err != nil {
		return none, err
	}
	out := page.Page[creator.Work]{Items: make([]creator.Work, len(cards)), Next: found.Next}
	for i, p := range found.Items {
		out.Items[i] = creator.Work{
			Card: cards[i], State: p.State, Reason: string(p.Why), Visibility: p.Visibility,
			Saves: p.Saves, Shares: p.Shares, Comments: p.Comments, EditedAt: p.EditedAt,
		}
	}
	return out, nil
}

// accountOf returns whose account the caller asks for: their own, or one they
// work for in one of these roles. creator.ErrNotStaff.
func (c *Core) accountOf(ctx context.Context, as id.User, roles ...creator.StaffRole) (id.User, error) {
	me, err := actor.Signed(ctx)
	if err != nil || as == "" || as == me {
		return me, err
	}
	ok, err := c.mayAct(ctx, me, as, roles...)
	if err != nil {
		return "", fmt.Errorf("staff: %w", err)
	}
	if !ok {
		return "", creator.ErrNotStaff
	}
	return as, nil
}
