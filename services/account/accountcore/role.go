package accountcore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// BecomeCreator implements account.Service.
func (c *Core) BecomeCreator(ctx context.Context, in account.BecomeCreator) (account.User, error) {
	u, err := c.asker(ctx)
	if err != nil {
		return account.User{}, err
	}
	if !in.AcceptTerms {
		return account.User{}, account.ErrTerms
	}
	u, err = c.change(ctx, u.ID, func(u *user, by roleChange) error {
		if u.setRole(actor.Creator, true, by) || u.TermsAt.IsZero() {
			u.TermsAt = by.At
		}
		return nil
	})
	if err != nil {
		return account.User{}, err
	}
	return c.own(ctx, u)
}

// SetRole implements account.Service.
func (c *Core) SetRole(ctx context.Context, in account.SetRole) (account.User, error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return account.User{}, err
	}
	given := []actor.Role{actor.Creator, actor.Brand, actor.Moderator, actor.Operator}
	if !slices.Contains(given, in.Role) {
		return account.User{}, account.ErrRole
	}
	u, err := c.change(ctx, in.User, func(u *user, by roleChange) error {
		u.setRole(in.Role, in.Grant, by)
		return nil
	})
	if err != nil {
		return account.User{}, err
	}
	c.Log.InfoContext(ctx, "a role was set", "user", in.User, "role", in.Role, "grant", in.Grant, "by", who(ctx))
	return u.view(), nil
}

// SetMerchant implements account.Service.
func (c *Core) SetMerchant(ctx context.Context, in account.SetMerchant) (rpc.Empty, error) {
	if err := desk(ctx); err != nil {
		return rpc.Empty{}, err
	}
	_, err := c.change(ctx, in.User, func(u *user, by roleChange) error {
		if u.Merchant != "" && u.Merchant != in.Merchant {
			return account.ErrHasMerchant
		}
		if u.Merchant == "" {
			u.Merchant = in.Merchant
			u.announceChange(by.At)
		}
		u.setRole(actor.Merchant, true, by)
		return nil
	})
	if err != nil {
		return rpc.Empty{}, err
	}
	c.relay.Kick(string(in.User))
	return rpc.Empty{}, nil
}

// change alters what a user may do, and hands f the beginning of the line that
// goes on record in the same write.
func (c *Core) change(ctx context.Context, uid id.User, f func(*user, roleChange) error) (user, error) {
	u, err := c.users.Update(ctx, string(uid), func(u *user) error {
		if !u.PendingUntil.IsZero() {
			return account.ErrNoSuchUser
		}
		return f(u, roleChange{At: c.Now(), By: who(ctx), Request: actor.Request(ctx)})
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return user{}, account.ErrNoSuchUser
	}
	if err != nil {
		return user{}, fmt.Errorf("change user: %w", err)
	}
	return u, nil
}

func who(ctx context.Context) string {
	a := actor.From(ctx)
	if a.System != "" {
		return "system:" + a.System
	}
	return string(a.User)
}
