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
	return account.Profile{ID: u.ID, Name: u.Name, Avatar: u.Avatar}
}

var errTooMany = errs.ErrInvalid.With("ids", fmt.Sprintf("must be at most %d items", account.MaxProfiles))

// Users implements account.Service.
func (c *Core) Users(ctx context.Context, in account.Users) (page.Page[account.Profile], error) {
	if err := desk(ctx); err != nil {
		return page.Page[account.Profile]{}, err
	}
	if len(in.IDs) > account.MaxProfiles {
		return page.Page[account.Profile]{}, errTooMany
	}
	ids := make([]string, len(in.IDs))
	for i, x := range in.IDs {
		ids[i] = string(x)
	}
	found, err := c.users.GetMany(ctx, ids)
	if err != nil {
		return page.Page[account.Profile]{}, fmt.Errorf("users: %w", err)
	}
	out := page.Page[account.Profile]{Items: make([]account.Profile, 0, len(found))}
	for _, u := range found {
		if u.PendingUntil.IsZero() {
			out.Items = append(out.Items, u.profile())
		}
	}
	return out, nil
}
