package accountcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"meadow/services/account"
	"meadow/services/platform/docdb"
	"meadow/services/platform/notify"
)

// Identities implements account.Desk.
func (c *Core) Identities(ctx context.Context, in account.IdentitiesOf) (account.Identities, error) {
	if err := desk(ctx); err != nil {
		return account.Identities{}, err
	}
	u, err := c.users.Get(ctx, string(in.User))
	if errors.Is(err, docdb.ErrNotFound) || err == nil && !u.PendingUntil.IsZero() {
		return account.Identities{}, account.ErrNoSuchUser
	}
	if err != nil {
		return account.Identities{}, fmt.Errorf("identities of %s: %w", in.User, err)
	}
	if len(u.Identities) > 0 {
		return account.Identities{Items: u.Identities}, nil
	}
	// An account from before they were kept: work them out, and keep them.
	if u.Identities, err = c.identify(ctx, u); err != nil {
		return account.Identities{}, fmt.Errorf("identities of %s: %w", in.User, err)
	}
	_, err = c.users.Update(ctx, string(in.User), func(x *user) error {
		x.Identities = u.Identities
		return nil
	})
	return account.Identities{Items: append([]string{}, u.Identities...)}, err
}

// identify opens what u signs in with and makes it blind.
func (c *Core) identify(ctx context.Context, u user) ([]string, error) {
	const why = "count what one person may have"
	var all []string
	if u.Email != "" {
		plain, err := c.Vault.Open(ctx, string(u.ID), emailField, u.Email, why)
		if err != nil {
			return nil, err
		}
		all = append(all, c.identity(login{notify.Email, plain}))
	}
	if u.Phone != "" {
		plain, err := c.Vault.Open(ctx, string(u.ID), phoneField, u.Phone, why)
		if err != nil {
			return nil, err
		}
		all = append(all, c.identity(login{notify.SMS, plain}))
	}
	slices.Sort(all)
	return all, nil
}

// identity is the blind index of the mailbox or the number behind a login.
func (c *Core) identity(l login) string {
	if l.channel == notify.Email {
		l.text = mailbox(l.text)
	}
	return c.Vault.Blind("identity", l.key())
}

// mailbox is where an address in lower case is delivered to: what follows a +
// is a label that its owner made up, and some providers read over dots.
func mailbox(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	if before, _, labelled := strings.Cut(local, "+"); labelled && before != "" {
		local = before
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if domain == "gmail.com" {
		local = strings.ReplaceAll(local, ".", "")
	}
	return local + "@" + domain
}
