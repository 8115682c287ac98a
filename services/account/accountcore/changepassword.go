package accountcore

import (
	"context"
	"fmt"

	"meadow/services/account"
	"meadow/services/kernel/actor"
)

// ChangePassword implements account.Service. The new password and the end of
// all sessions are one write: whoever signs in with the old password meanwhile
// gets a session of an epoch that is over.
func (c *Core) ChangePassword(ctx context.Context, in account.ChangePassword) (account.Signed, error) {
	var u user
	var err error
	if in.Code != "" {
		u, err = c.forReset(ctx, in)
	} else {
		u, err = c.byOldPassword(ctx, in)
	}
	if err != nil {
		return account.Signed{}, err
	}
	hash, err := c.newHash(ctx, in.New)
	if err != nil {
		return account.Signed{}, err
	}
	proved := u.Password
	u, err = c.updateUser(ctx, u.ID, func(u *user) error {
		if u.Password != proved { // changed since it was proved
			return account.ErrCredentials
		}
		u.Password = hash
		u.Epoch++
		u.begin(c.Now())
		return nil
	})
	if err != nil {
		return account.Signed{}, fmt.Errorf("change password: %w", err)
	}
	c.Log.InfoContext(ctx, "a password was changed", "user", u.ID, "by_code", in.Code != "")
	return c.signed(ctx, u, in.Agent)
}

func (c *Core) forReset(ctx context.Context, in account.ChangePassword) (user, error) {
	l, err := parseLogin(in.Login)
	if err != nil {
		return user{}, err
	}
	if err := c.passwords.fit(in.New, l); err != nil {
		return user{}, err
	}
	return c.byCode(ctx, account.ForReset, l, in.Code, in.From)
}

// byOldPassword returns the asker, who must know the old password too: a device
// left signed in is not enough.
func (c *Core) byOldPassword(ctx context.Context, in account.ChangePassword) (user, error) {
	u, err := c.asker(ctx)
	if err != nil {
		return user{}, err
	}
	l, err := c.loginOf(ctx, u)
	if err != nil {
		return user{}, err
	}
	if err := c.passwords.fit(in.New, l); err != nil {
		return user{}, err
	}
	leave, err := c.passwords.enter(ctx)
	if err != nil {
		return user{}, err
	}
	defer leave()
	giveBack, err := c.takeTry(ctx, l.key(), in.From)
	if err != nil {
		return user{}, err
	}
	if u, err = c.verify(ctx, u, in.Old); err != nil {
		return user{}, err
	}
	giveBack()
	return u, nil
}

// loginOf returns how u, who asks, signs in; the zero login if only by a link.
func (c *Core) loginOf(ctx context.Context, u user) (login, error) {
	ctx = actor.With(ctx, actor.Actor{User: u.ID})
	field, sealed := emailField, u.Email
	if sealed == "" {
		field, sealed = phoneField, u.Phone
	}
	if sealed == "" {
		return login{}, nil
	}
	text, err := c.Vault.Open(ctx, string(u.ID), field, sealed, "check its password")
	if err != nil {
		return login{}, fmt.Errorf("login of %s: %w", u.ID, err)
	}
	return parseLogin(text)
}

func (c *Core) newHash(ctx context.Context, plain string) (string, error) {
	leave, err := c.passwords.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return c.passwords.hash(plain)
}
