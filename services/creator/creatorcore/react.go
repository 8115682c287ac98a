package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// Like makes the caller one of those who like a post.
func (c *Core) Like(ctx context.Context, in creator.ByPost) (creator.Reaction, error) {
	return c.react(ctx, in.ID, likes, true)
}

// Unlike ends it.
func (c *Core) Unlike(ctx context.Context, in creator.ByPost) (creator.Reaction, error) {
	return c.react(ctx, in.ID, likes, false)
}

// Save keeps a post for the caller, also in the collections named.
func (c *Core) Save(ctx context.Context, in creator.Save) (creator.Reaction, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Reaction{}, err
	}
	if err := c.owned(ctx, me, in.Collections); err != nil {
		return creator.Reaction{}, err
	}
	out, err := c.react(ctx, in.ID, saves, true)
	if err != nil || len(in.Collections) == 0 {
		return out, err
	}
	return out, c.collect(ctx, me, in.ID, in.Collections)
}

// Unsave ends it, in all collections.
func (c *Core) Unsave(ctx context.Context, in creator.ByPost) (creator.Reaction, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Reaction{}, err
	}
	out, err := c.react(ctx, in.ID, saves, false)
	if err != nil {
		return out, err
	}
	return out, c.uncollect(ctx, me, in.ID)
}

// react turns one reaction of the caller's on or off and counts that. What was
// done is taken back also where it could not be done any more.
func (c *Core) react(ctx context.Context, to id.Post, k kind, on bool) (creator.Reaction, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Reaction{}, err
	}
	p, err := c.keptPost(ctx, to)
	if err == nil && on {
		p, err = c.seen(ctx, p)
	}
	if err != nil {
		return creator.Reaction{}, err
	}
	source := reactionID(me, to, k)
	before, err := c.reactions.Get(ctx, source)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return creator.Reaction{}, fmt.Errorf("react: %w", err)
	}
	if before.At.IsZero() == on || !before.Tally.Owed.IsZero() {
		_, p, err = c.reacted.settle(ctx, source, string(to), turned(c.Now(), p, me, k, on))
		if err != nil {
			return creator.Reaction{}, fmt.Errorf("react: %w", err)
		}
		c.reactionRelay.Kick(source)
	}
	mine, err := c.reactionsOf(ctx, me, likes, saves, to)
	return creator.Reaction{
		Likes: p.Likes, Saves: p.Saves, Shares: p.Shares,
		Liked: mine[mark{to, likes}], Saved: mine[mark{to, saves}],
	}, err
}

// turned changes a reaction and, if that is news, announces it.
func turned(now time.Time, p post, me id.User, k kind, on bool) func(*reaction) {
	return func(r *reaction) {
		r.ID, r.User, r.Post, r.Kind = reactionID(me, p.ID, k), me, p.ID, k
		if r.At.IsZero() != on {
			return
		}
		if r.At = now; !on {
			r.At = time.Time{}
		}
		r.Rev++
		r.Add(now, creator.Reacted.Event(now, r.ID+"."+strconv.FormatInt(r.Rev, 10), creator.ReactedData{
			Kind: k.reaction(), On: on, User: me, Post: p.ID, Author: p.Author, Via: p.Trace, At: now, Rev: r.Rev,
		}))
	}
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
