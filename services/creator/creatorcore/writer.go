package creatorcore

import (
	"context"
	"fmt"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
)

// writer is somebody who writes, and for whom.
type writer struct {
	account id.User // whose post it is
	by      id.User
	name    string    // of the account
	earns   bool      // the account is a creator's
	hands   []id.User // whose uploads a post may show
}

// writerAs returns the caller as who writes for an account; "" is their own.
// creator.ErrNotStaff, moderation.ErrSuspended.
func (c *Core) writerAs(ctx context.Context, as id.User) (writer, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return writer{}, err
	}
	if as == "" {
		as = me
	}
	ok, err := c.edits(ctx, me, as)
	switch {
	case err != nil:
		return writer{}, err
	case !ok:
		return writer{}, creator.ErrNotStaff
	}
	people, err := c.profilesOf(ctx, []id.User{me, as})
	if err != nil {
		return writer{}, err
	}
	mine, theirs := people[me], people[as]
	if mine.ID == "" || theirs.ID == "" {
		return writer{}, creator.ErrNoSuchProfile
	}
	if now := c.Now(); mine.banned(now) || theirs.banned(now) {
		return writer{}, moderation.ErrSuspended
	}
	w := writer{account: as, by: me, name: theirs.Name, earns: theirs.Earns, hands: unique([]id.User{as, me})}
	if me == as {
		w.earns = actor.From(ctx).Is(actor.Creator)
		err = c.noteEarns(ctx, mine, w.earns)
	}
	return w, err
}

// noteEarns remembers whether an account is a creator's, for those who work for
// it and for posts that are published later.
func (c *Core) noteEarns(ctx context.Context, p profile, earns bool) error {
	if p.Earns == earns {
		return nil
	}
	_, err := c.profiles.Update(ctx, string(p.ID), func(p *profile) error {
		p.Earns = earns
		return nil
	})
	if err != nil {
		return fmt.Errorf("note role: %w", err)
	}
	return nil
}

// edits reports whether me may write for an account.
func (c *Core) edits(ctx context.Context, me, account id.User) (bool, error) {
	if me == account {
		return true, nil
	}
	ok, err := c.mayAct(ctx, me, account, creator.Editor)
	if err != nil {
		return false, fmt.Errorf("staff: %w", err)
	}
	return ok, nil
}
