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
	"meadow/services/platform/rpc"
)

// owned returns creator.ErrNoSuchCollection unless all these are user's.
func (c *Core) owned(ctx context.Context, user id.User, all []id.Collection) error {
	if len(all) == 0 {
		return nil
	}
	s, err := c.shelfFor(ctx, user)
	if err != nil {
		return err
	}
	for _, k := range all {
		if s.find(k) < 0 {
			return creator.ErrNoSuchCollection
		}
	}
	return nil
}

// collect puts a saved post into collections of user's. One that is not saved
// any more by then, because they changed their mind meanwhile, is taken out
// again.
func (c *Core) collect(ctx context.Context, user id.User, p id.Post, into []id.Collection) error {
	for _, k := range unique(into) {
		if err := c.keep(ctx, user, k, p, true); err != nil {
			return err
		}
	}
	saved, err := c.reactionsOf(ctx, user, saves, "", p)
	if err != nil || saved[mark{p, saves}] {
		return err
	}
	return c.uncollect(ctx, user, p)
}

// keep writes down that a collection holds a post, or no longer, and counts it.
func (c *Core) keep(ctx context.Context, owner id.User, k id.Collection, p id.Post, on bool) error {
	source := keptID(k, p)
	before, err := c.people.keeping.Get(ctx, source)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return fmt.Errorf("collect: %w", err)
	}
	if before.At.IsZero() != on && before.Tally.Owed.IsZero() {
		return nil
	}
	if err := c.gather(ctx, owner, k); err != nil {
		return err
	}
	now := c.Now()
	_, _, err = c.people.kept.settle(ctx, source, string(k), func(x *kept) {
		x.Collection, x.Owner, x.Post = k, owner, p
		switch {
		case !on:
			x.At = time.Time{}
		case x.At.IsZero():
			x.At = now
		}
	})
	if err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	return nil
}

// uncollect takes a post out of all collections of user's.
func (c *Core) uncollect(ctx context.Context, user id.User, p id.Post) error {
	found, err := c.people.keeping.Find(ctx, docdb.Query{
		Index: "post", Equal: []any{string(user), string(p)}, Limit: 2 * creator.MaxCollections,
	})
	if err != nil {
		return fmt.Errorf("uncollect: %w", err)
	}
	for _, x := range found.Items {
		if err := c.keep(ctx, user, x.Collection, p, false); err != nil {
			return err
		}
	}
	return nil
}

// Uncollect takes a post out of one collection of the caller's.
func (c *Core) Uncollect(ctx context.Context, in creator.Uncollect) (rpc.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	s, err := c.shelfFor(ctx, me)
	if err != nil {
		return rpc.Empty{}, err
	}
	if s.find(in.ID) < 0 {
		return rpc.Empty{}, creator.ErrNoSuchCollection
	}
	return rpc.Empty{}, c.keep(ctx, me, in.ID, in.Post, false)
}
