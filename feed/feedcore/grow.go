package feedcore

import (
	"context"
	"fmt"
	"time"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// accountOf returns whose posts the caller asks about: their own, or those of
// an account they work for. creator.ErrNotStaff.
func (c *Core) accountOf(ctx context.Context, as id.User) (id.User, error) {
	me, err := actor.Signed(ctx)
	if err != nil || as == "" || as == me {
		return me, err
	}
	may, err := c.Creator.MayAct(asFeed(ctx), creator.MayAct{
		User: me, Account: as, Roles: []creator.StaffRole{creator.Editor, creator.Analyst},
	})
	if err != nil {
		return "", fmt.Errorf("staff: %w", err)
	}
	if !may.OK {
		return "", creator.ErrNotStaff
	}
	return as, nil
}

// Pools pages through the posts of an account with the stage each has reached.
func (c *Core) Pools(ctx context.Context, in feed.AskPools) (page.Page[feed.PoolRow], error) {
	none := page.Page[feed.PoolRow]{}
	account, err := c.accountOf(ctx, in.As)
	if err != nil {
		return none, err
	}
	found, err := c.posts.Find(ctx, docdb.Query{
		Index: "author", Equal: []any{string(account)}, Descending: true, Limit: in.Size(usualPage, mostPage), After: in.After,
	})
	if err != nil {
		return none, fmt.Errorf("pools: %w", err)
	}
	ids := make([]id.Post, len(found.Items))
	all := make([]outline, len(found.Items))
	for i, p := range found.Items {
		ids[i], all[i] = p.ID, p.outline()
	}
	stages, err := c.stages(ctx, account, ids)
	if err != nil {
		return none, err
	}
	facts, err := c.Creator.Facts(asFeed(ctx), creator.Cards{IDs: ids, For: account})
	if err != nil {
		return none, fmt.Errorf("pools: %w", err)
	}
	thumbs := map[id.Post]string{}
	for _, f := range facts.Items {
		thumbs[f.ID] = f.Thumb
	}
	listed, err := c.listed(ctx, all)
	if err != nil {
		return none, err
	}
	out := page.Page[feed.PoolRow]{Items: make([]feed.PoolRow, len(found.Items)), Next: found.Next}
	for i, p := range found.Items {
		out.Items[i] = feed.PoolRow{
			Post: p.ID, Title: p.Title, Thumb: thumbs[p.ID], Ad: p.Ad, At: p.At, Stage: stages[p.ID], Held: c.held(p, stages[p.ID], listed),
		}
	}
	return out, nil
}

// trialFor is how long a post is on trial, as package pool has it.
const trialFor = 14 * 24 * time.Hour

// held is why a post is not passed on, or "".
func (c *Core) held(p post, s feed.Stage, listed map[id.Product]bool) string {
	switch {
	case p.Limited:
		return "limited"
	case !p.shown():
		return "followers"
	case p.Ad && len(p.Products) > 0 && !anyOf(p.Products, listed):
		return "sold_out"
	case s.Guaranteed == 0 && c.Now().Sub(p.At) > trialFor:
		return "old"
	}
	return ""
}

// stages asks the process that keeps an account's posts. A post that it does not
// know yet is at the beginning.
func (c *Core) stages(ctx context.Context, account id.User, ids []id.Post) (map[id.Post]feed.Stage, error) {
	out := make(map[id.Post]feed.Stage, len(ids))
	for _, p := range ids {
		out[p] = feed.Stage{Step: 1}
	}
	got, err := askFor(ctx, c, account, func(ctx context.Context, p feed.Parts) (feed.StageList, error) {
		return p.StageShard(ctx, feed.StageShard{Posts: ids})
	})
	if err != nil {
		return nil, fmt.Errorf("stages: %w", err)
	}
	for _, s := range got.Items {
		out[s.Post] = s.Stage
	}
	return out, nil
}

// StageShard says how far posts were passed on that this process keeps.
func (c *Core) StageShard(ctx context.Context, in feed.StageShard) (feed.StageList, error) {
	if err := internal(ctx); err != nil {
		return feed.StageList{}, err
	}
	out := feed.StageList{Items: []feed.PostStage{}}
	for _, p := range in.Posts {
		if s, ok := c.engine.Stage(p); ok {
			out.Items = append(out.Items, feed.PostStage{Post: p, Stage: s})
		}
	}
	return out, nil
}

// Balance says how much of what an account showed was promotion.
func (c *Core) Balance(ctx context.Context, in feed.OfAccount) (feed.Balance, error) {
	account, err := c.accountOf(ctx, in.As)
	if err != nil {
		return feed.Balance{}, err
	}
	return askFor(ctx, c, account, func(ctx context.Context, p feed.Parts) (feed.Balance, error) {
		return p.BalanceShard(ctx, feed.BalanceShard{Account: account})
	})
}

// BalanceShard is Balance of an account whose posts this process keeps.
func (c *Core) BalanceShard(ctx context.Context, in feed.BalanceShard) (feed.Balance, error) {
	if err := internal(ctx); err != nil {
		return feed.Balance{}, err
	}
	return c.engine.Balance(in.Account, c.Now().Unix()), nil
}

// Health says how large the feed has become in this process.
func (c *Core) Health(ctx context.Context, _ feed.Empty) (feed.Health, error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return feed.Health{}, err
	}
	return c.engine.Health(), nil
}
