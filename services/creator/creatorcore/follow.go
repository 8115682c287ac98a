package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
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
	if on {
		if err := c.onSpeakingTerms(ctx, me, whom); err != nil {
			return creator.Profile{}, err
		}
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
	if theirs, err = c.countFollow(ctx, source, me, whom, on); err != nil {
		return creator.Profile{}, fmt.Errorf("follow: %w", err)
	}
	if on { // somebody may have blocked somebody while this was written
		if err := c.onSpeakingTerms(ctx, me, whom); err != nil {
			return creator.Profile{}, errors.Join(err, c.part(ctx, me, whom, c.Now()))
		}
	}
	return c.profileView(ctx, theirs)
}

// countFollow writes the follow down, with the event that tells of it, and
// counts it at both ends.
func (c *Core) countFollow(ctx context.Context, source string, me, whom id.User, on bool) (profile, error) {
	now := c.Now()
	_, theirs, err := c.followers.settle(ctx, source, string(whom), func(f *follow) {
		f.ID, f.Follower, f.Followed = source, me, whom
		f.turn(on, now)
		f.From.owe(now)
	})
	if err != nil {
		return profile{}, err
	}
	c.people.told.Kick(source)
	if _, _, err = c.following.settle(ctx, source, string(me), nil); err != nil {
		return profile{}, err
	}
	return c.grade(ctx, theirs)
}

// turn makes it a follow, or none.
func (f *follow) turn(on bool, now time.Time) {
	if f.At.IsZero() != on {
		return
	}
	if f.At = (time.Time{}); on {
		f.At = now
	}
	f.Rev++
	f.Add(now, creator.Reacted.Event(now, f.ID+"."+strconv.FormatInt(f.Rev, 10), creator.ReactedData{
		Kind: creator.Followed, On: on, User: f.Follower, Author: f.Followed, At: now, Rev: f.Rev,
	}))
}

// part ends what two people's follows are, both ways, if they are not of later
// than at.
func (c *Core) part(ctx context.Context, a, b id.User, at time.Time) error {
	for _, x := range [][2]id.User{{a, b}, {b, a}} {
		source := followID(x[0], x[1])
		f, err := c.follows.Get(ctx, source)
		switch {
		case errors.Is(err, docdb.ErrNotFound), err == nil && f.At.After(at):
			continue
		case err == nil && f.At.IsZero() && f.To.Owed.IsZero() && f.From.Owed.IsZero():
			continue
		case err != nil:
			return fmt.Errorf("part: %w", err)
		}
		if _, err := c.countFollow(ctx, source, x[0], x[1], false); err != nil {
			return fmt.Errorf("part: %w", err)
		}
	}
	return nil
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
	found, err := c.internalFollows(ctx, "follower", in)
	return page.Map(found, func(f follow) id.User { return f.Followed }), err
}

// Followers pages through who follows a user, latest first.
func (c *Core) Followers(ctx context.Context, in creator.Follows) (page.Page[id.User], error) {
	found, err := c.internalFollows(ctx, "followed", in)
	return page.Map(found, func(f follow) id.User { return f.Follower }), err
}

// FollowsAmong returns those of some accounts that a user follows now.
func (c *Core) FollowsAmong(ctx context.Context, in creator.AskAmong) (creator.Among, error) {
	out := creator.Among{Items: []id.User{}}
	if err := internal(ctx); err != nil {
		return out, err
	}
	ids := make([]string, len(in.Accounts))
	for i, a := range in.Accounts {
		ids[i] = followID(in.User, a)
	}
	found, err := c.follows.GetMany(ctx, ids)
	if err != nil {
		return out, fmt.Errorf("follows among: %w", err)
	}
	for _, f := range found {
		if !f.At.IsZero() {
			out.Items = append(out.Items, f.Followed)
		}
	}
	return out, nil
}

func (c *Core) internalFollows(ctx context.Context, index string, in creator.Follows) (page.Page[follow], error) {
	if err := internal(ctx); err != nil {
		return page.Page[follow]{}, err
	}
	return c.walkFollows(ctx, index, in.ID, in.Ask)
}

// walkFollows pages through the follows of one end. Between people of whom one
// blocks the other there is none, also until it has been taken away.
func (c *Core) walkFollows(ctx context.Context, index string, of id.User, ask page.Ask) (page.Page[follow], error) {
	found, err := c.follows.Find(ctx, docdb.Query{
		Index: index, Equal: []any{string(of)}, Descending: true, Limit: ask.Size(200, creator.MaxFollows), After: ask.After,
	})
	if err != nil {
		return found, fmt.Errorf("follows: %w", err)
	}
	shield, err := c.shieldFor(ctx, of)
	if err != nil {
		return found, err
	}
	if len(shield.Silent) > 0 {
		found.Items = slices.DeleteFunc(found.Items, func(f follow) bool {
			return slices.Contains(shield.Silent, f.Follower) || slices.Contains(shield.Silent, f.Followed)
		})
	}
	return found, nil
}
