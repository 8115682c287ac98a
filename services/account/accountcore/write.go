package accountcore

import (
	"context"
	"errors"
	"fmt"

	"meadow/services/account"
	"meadow/services/platform/docdb"
	"meadow/services/platform/notify"
)

// Write sends a letter to a user, for another part of the shop, which never
// learns the address.
func (c *Core) Write(ctx context.Context, in account.Write) (account.Written, error) {
	if err := desk(ctx); err != nil {
		return account.Written{}, err
	}
	u, err := c.users.Get(ctx, string(in.User))
	if errors.Is(err, docdb.ErrNotFound) {
		return account.Written{}, account.ErrNoSuchUser
	}
	if err != nil {
		return account.Written{}, fmt.Errorf("write to %s: %w", in.User, err)
	}
	if u.Email == "" {
		return account.Written{}, nil
	}
	to, err := c.Vault.Open(ctx, string(u.ID), emailField, u.Email, "send a letter they asked for")
	if err != nil {
		return account.Written{}, fmt.Errorf("write to %s: %w", in.User, err)
	}
	l := in.Chinese
	if u.Locale == account.English {
		l = in.English
	}
	err = c.Notify.Send(ctx, notify.Message{To: to, Channel: notify.Email, Subject: l.Subject, Text: l.Text, Locale: string(u.Locale)})
	return account.Written{OK: err == nil}, err
}
