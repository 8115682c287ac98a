package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

func (c *Core) Like(ctx context.Context, in creator.ByPost) (creator.Reaction, error) {
	return c.react(ctx, in.ID, likes, true)
}

func (c *Core) Unlike(ctx context.Context, in creator.ByPost) (creator.Reaction, error) {
	return c.react(ctx, in.ID, likes, false)
}

func (c *Core) Save(ctx context.Context, in creator.Save) (creator.Reaction, error) {
	return c.react(ctx, in.ID, saves, true)
}

func (c *Core) Unsave(ctx context.Context, in creator.ByPost) (creator.Reaction, error) {
	return c.react(ctx, in.ID, saves, false)
}

// react turns one reaction of the caller's on or off and counts that.
func (c *Core) react(ctx context.Context, to id.Post, k kind, on bool) (creator.Reaction, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Reaction{}, err
	}
	p, err := c.shownPost(ctx, to)
	if err != nil {
		return creator.Reaction{}, err
	}
	source := reactionID(me, to, k)
	before, err := c.reactions.Get(ctx, source)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return creator.Reaction{}, fmt.Errorf("react: %w", err)
	}
	if before.At.IsZero() == on || !before.Tally.Owed.IsZero() {
		now := c.Now()
		_, p, err = c.reacted.settle(ctx, source, string(to), func(r *reaction) {
			r.User, r.Post, r.Kind = me, to, k
			switch {
			case !on:
				r.At = time.Time{}
			case r.At.IsZero():
				r.At = now
			}
		})
		if err != nil {
			return creator.Reaction{}, fmt.Errorf("react: %w", err)
		}
	}
	mine, err := c.reactionsOf(ctx, me, likes, saves, to)
	return creator.Reaction{
		Likes: p.Likes, Saves: p.Saves,
		Liked: mine[mark{to, likes}], Saved: mine[mark{to, saves}],
	}, err
}

// mark is a kind of reaction to a post.
type mark struct {
	post id.Post
	kind kind
}

// reactionsOf returns which of two kinds of reactions a user has to posts. A
// kind may be "".
func (c *Core) reactionsOf(ctx context.Context, user id.User, a, b kind, posts ...id.Post) (map[mark]bool, error) {
	out := map[mark]bool{}
	if user == "" {
		return out, nil
	}
	var ids []string
	for _, p := range posts {
		for _, k := range []kind{a, b} {
			if k != "" {
				ids = append(ids, reactionID(user, p, k))
			}
		}
	}
	found, err := c.reactions.GetMany(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("reactions: %w", err)
	}
	for _, r := range found {
		out[mark{r.Post, r.Kind}] = !r.At.IsZero()
	}
	return out, nil
}
