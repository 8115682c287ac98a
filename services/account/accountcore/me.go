package accountcore

import (
	"context"
	"fmt"

	"meadow/services/account"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// Me implements account.Service.
func (c *Core) Me(ctx context.Context, _ rpc.Empty) (account.User, error) {
	u, err := c.asker(ctx)
	if err != nil {
		return account.User{}, err
	}
	return c.own(ctx, u)
}

// Change implements account.Service.
func (c *Core) Change(ctx context.Context, in account.Change) (account.User, error) {
	if in.Avatar != nil && *in.Avatar != "" && !id.Valid("med", string(*in.Avatar)) {
		return account.User{}, errs.ErrInvalid.With("avatar", "is not a picture")
	}
	u, err := c.asker(ctx)
	if err != nil {
		return account.User{}, err
	}
	if in.Name != "" {
		if in.Name, err = cleanName(in.Name); err != nil {
			return account.User{}, err
		}
	}
	if in.Locale != "" {
		if in.Locale, err = locale(in.Locale); err != nil {
			return account.User{}, err
		}
	}
	u, err = c.updateUser(ctx, u.ID, func(u *user) error {
		before := u.profile()
		if in.Name != "" {
			u.Name = in.Name
		}
		if in.Locale != "" {
			u.Locale = in.Locale
		}
		if in.Avatar != nil {
			u.Avatar = *in.Avatar
		}
		if u.profile() != before {
			u.announceChange(c.Now())
		}
		return nil
	})
	if err != nil {
		return account.User{}, fmt.Errorf("change: %w", err)
	}
	return c.own(ctx, u)
}

func (u user) profile() account.Profile {
	return account.Profile{ID: u.ID, Name: u.Name, Avatar: u.Avatar, Merchant: u.Merchant}
}

var errTooMany = errs.ErrInvalid.With("ids", fmt.Sprintf("must be at most %d items", account.MaxProfiles))

// Users implements account.Service.
func (c *Core) Users(ctx context.Context, in account.Users) (page.Page[account.Profile], error) {
	found, err := c.begun(ctx, in.IDs)
	return page.Map(found, user.profile), err
}

// KnownUsers implements account.Service.
func (c *Core) KnownUsers(ctx context.Context, in account.Users) (page.Page[account.Known], error) {
	found, err := c.begun(ctx, in.IDs)
	return page.Map(found, func(u user) account.Known {
		return account.Known{Profile: u.profile(), Roles: u.roles(), CreatedAt: u.CreatedAt, Suspended: u.Suspension.stands(c.Now())}
	}), err
}

// begun returns, to a part of the shop, the accounts among ids that have begun.
func (c *Core) begun(ctx context.Context, ids []id.User) (page.Page[user], error) {
	var out page.Page[user]
	if err := desk(ctx); err != nil {
		return out, err
	}
	if len(ids) > account.MaxProfiles {
		return out, errTooMany
	}
	keys := make([]string, len(ids))
	for i, x := range ids {
		keys[i] = string(x)
	}
	found, err := c.users.GetMany(ctx, keys)
	if err != nil {
		return out, fmt.Errorf("users: %w", err)
	}
	for _, u := range found {
		if u.PendingUntil.IsZero() {
			out.Items = append(out.Items, u)
		}
	}
	return out, nil
}
