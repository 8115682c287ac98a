package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/platform/docdb"
)

// count says what is counted where.
func (c *Core) count() {
	ofProfile := func(p profile) notes { return p.Notes }
	ofPost := func(p post) notes { return p.Notes }
	c.followers = counter[follow, profile]{
		sources: c.follows, targets: c.profiles, now: c.Now, path: "to", index: "owed_followed",
		tally:  func(f *follow) *tally { return &f.To },
		want:   func(f follow) map[string]int64 { return one("followers", !f.At.IsZero()) },
		target: func(f follow) string { return string(f.Followed) },
		notes:  ofProfile,
	}
	c.following = counter[follow, profile]{
		sources: c.follows, targets: c.profiles, now: c.Now, path: "from", index: "owed_follower",
		tally:  func(f *follow) *tally { return &f.From },
		want:   func(f follow) map[string]int64 { return one("following", !f.At.IsZero()) },
		target: func(f follow) string { return string(f.Follower) },
		notes:  ofProfile,
	}
	c.reacted = counter[reaction, post]{
		sources: c.reactions, targets: c.posts, now: c.Now, path: "tally", index: "owed",
		tally:  func(r *reaction) *tally { return &r.Tally },
		want:   func(r reaction) map[string]int64 { return one(string(r.Kind), !r.At.IsZero()) },
		target: func(r reaction) string { return string(r.Post) },
		notes:  ofPost,
		also: func(step map[string]int64) []docdb.Change {
			if step[string(likes)] == 0 {
				return nil
			}
			// The author's likes are a sum over posts: the post owes it now.
			return []docdb.Change{
				{Field: "tally.owed", Verb: docdb.Set, Value: c.Now()},
				{Field: "tally.changes", Verb: docdb.Add, Value: int64(1)},
			}
		},
	}
	c.published = counter[post, profile]{
		sources: c.posts, targets: c.profiles, now: c.Now, path: "tally", index: "owed",
		tally: func(p *post) *tally { return &p.Tally },
		want: func(p post) map[string]int64 {
			if p.FansAt.IsZero() {
				return nil
			}
			sum := map[string]int64{"posts": 1, "likes": p.Likes}
			if p.Verified {
				sum["verified"] = 1
			}
			return sum
		},
		target: func(p post) string { return string(p.Author) },
		notes:  ofProfile,
		finish: c.gradeAuthor,
	}
}

func one(field string, counts bool) map[string]int64 {
	if counts {
		return map[string]int64{field: 1}
	}
	return nil
}

// grace is how long whoever changed something has to count it, before a sweep
// does it too.
const grace = 5 * time.Second

// Sweep counts what is not counted yet: the sums of profiles, always, and what
// a kill left behind. It is safe at any time, in any number of processes.
func (c *Core) Sweep(ctx context.Context) error {
	ctx = actor.AsSystem(ctx, self)
	now := c.Now().Add(time.Millisecond)
	stale := now.Add(-grace)
	ofFollow := func(f follow) string { return followID(f.Follower, f.Followed) }
	err := errors.Join(
		c.followers.sweep(ctx, stale, ofFollow),
		c.following.sweep(ctx, stale, ofFollow),
		c.people.kept.sweep(ctx, stale, func(k kept) string { return keptID(k.Collection, k.Post) }),
		c.reacted.sweep(ctx, stale, func(r reaction) string { return reactionID(r.User, r.Post, r.Kind) }),
		c.judgeLate(ctx),
		c.published.sweep(ctx, now, func(p post) string { return string(p.ID) }),
	)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	return nil
}
