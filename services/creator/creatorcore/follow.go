package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// Follow makes the caller a follower.
func (c *Core) Follow(ctx context.Context, in creator.ByUser) (creator.Profile, error) {
	return c.setFollow(ctx, in.ID, true)
}

// Unfollow ends it.
func (c *Core) Unfollow(ctx context.Context, in creator.ByUser) (creator.Profile, error) {
	return c.setFollow(ctx, in.ID, false)
}

func (c *Core) setFollow(ctx context.Context, whom id.User, on bool) (creator.Profile, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Profile{}, err
	}
	if me == whom {
		return creator.Profile{}, creator.ErrFollowSelf
	}
	both, err := c.profilesOf(ctx, []id.User{me, whom})
	if err != nil {
		return creator.Profile{}, err
	}
	mine, known := both[me]
	theirs, exists := both[whom]
	if !known || !exists {
		return creator.Profile{}, creator.ErrNoSuchProfile
	}
	source := followID(me, whom)
	before, err := c.follows.Get(ctx, source)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return creator.Profile{}, fmt.Errorf("follow: %w", err)
	}
	if before.At.IsZero() != on && before.To.Owed.IsZero() && before.From.Owed.IsZero() {
		return c.profileView(ctx, theirs)
	}
	if on && before.At.IsZero() && mine.Following >= creator.MaxFollows {
		return creator.Profile{}, creator.ErrFollowsFull
	}
	theirs, err = c.countFollow(ctx, source, me, whom, on)
	if err != nil {
		return creator.Profile{}, fmt.Errorf("follow: %w", err)
	}
	return c.profileView(ctx, theirs)
}

// countFollow writes the follow down and counts it at both ends.
func (c *Core) countFollow(ctx context.Context, source string, me, whom id.User, on bool) (profile, error) {
	now := c.Now()
	_, theirs, err := c.followers.settle(ctx, source, string(whom), func(f *follow) {
		f.Follower, f.Followed = me, whom
		switch {
		case !on:
			f.At = time.Time{}
		case f.At.IsZero():
			f.At = now
		}
		f.From.owe(now)
	})
	if err != nil {
		return profile{}, err
	}
	_, _, err = c.following.settle(ctx, source, string(me), nil)
	return theirs, err
}

func (c *Core) isFollowed(ctx context.Context, by, whom id.User) (bool, error) {
	if by == "" {
		return false, nil
	}
	f, err := c.follows.Get(ctx, followID(by, whom))
	if errors.Is(err, docdb.ErrNotFound) {
		return false, nil
	}
	return !f.At.IsZero(), err
}

// Follows pages through whom a user follows, latest first.
func (c *Core) Follows(ctx context.Context, in creator.Follows) (page.Page[id.User], error) {
	if err := internal(ctx); err != nil {
		return page.Page[id.User]{}, err
	}
	found, err := c.follows.Find(ctx, docdb.Query{
		Index: "follower", Equal: []any{string(in.ID)}, Descending: true, Limit: in.Size(200, 1000), After: in.After,
	})
	if err != nil {
		return page.Page[id.User]{}, err
	}
	return page.Map(found, func(f follow) id.User { return f.Followed }), nil
}
