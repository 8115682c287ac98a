package accountcore

import (
	"context"
	"errors"
	"fmt"

	"meadow/services/account"
)

// SignIn implements account.Service.
func (c *Core) SignIn(ctx context.Context, in account.SignIn) (account.Signed, error) {
	l, err := parseLogin(in.Login)
	if err != nil {
		return account.Signed{}, account.ErrCredentials
	}
	var u user
	if in.Code != "" {
		u, err = c.byCode(ctx, account.ForSignIn, l, in.Code, in.From)
	} else {
		u, err = c.byPassword(ctx, l, in.Password, in.From)
	}
	if err != nil {
		return account.Signed{}, err
	}
	if !u.PendingUntil.IsZero() { // a sign-up was cut short
		if u, err = c.begin(ctx, u.ID); err != nil {
			return account.Signed{}, fmt.Errorf("sign in: %w", err)
		}
	}
	return c.signed(ctx, u, in.Agent)
}

// byCode returns whoever proved with a code that l is theirs.
func (c *Core) byCode(ctx context.Context, p account.Purpose, l login, code string, from account.From) (user, error) {
	giveBack, err := c.take(ctx, c.clientFailures(), client(from))
	if err != nil {
		return user{}, err
	}
	if err := c.useCode(ctx, p, l, code); err != nil {
		return user{}, err
	}
	giveBack()
	u, err := c.userOf(ctx, l)
	if errors.Is(err, account.ErrNoSuchUser) {
		return user{}, account.ErrBadCode
	}
	if err != nil {
		return user{}, fmt.Errorf("by code: %w", err)
	}
	return u, nil
}

// byPassword returns whoever knows l's password. Tries are counted once it is
// this one's turn to be hashed, so that few are counted that may yet succeed.
func (c *Core) byPassword(ctx context.Context, l login, plain string, from account.From) (user, error) {
	leave, err := c.passwords.enter(ctx)
	if err != nil {
		return user{}, err
	}
	defer leave()
	giveBack, err := c.takeTry(ctx, l.key(), from)
	if err != nil {
		return user{}, err
	}
	u, err := c.userOf(ctx, l)
	if err != nil && !errors.Is(err, account.ErrNoSuchUser) {
		return user{}, fmt.Errorf("by password: %w", err)
	}
	if u, err = c.verify(ctx, u, plain); err != nil {
		return user{}, err
	}
	giveBack()
	return u, nil
}

// takeTry counts a try of a password against the login and the client.
func (c *Core) takeTry(ctx context.Context, key string, from account.From) (giveBack func(), err error) {
	fromClient, err := c.take(ctx, c.clientFailures(), client(from))
	if err != nil {
		return nil, err
	}
	fromLogin, err := c.take(ctx, c.loginFailures(), key)
	if err != nil {
		return nil, err
	}
	return func() { fromClient(); fromLogin() }, nil
}

// verify returns u if plain is its password, else ErrCredentials. The zero user
// has none, and it takes as long to find out.
func (c *Core) verify(ctx context.Context, u user, plain string) (user, error) {
	ok, stale, err := c.passwords.matches(plain, u.Password)
	if err != nil {
		return user{}, err
	}
	if !ok {
		return user{}, account.ErrCredentials
	}
	if !stale {
		return u, nil
	}
	hash, err := c.passwords.hash(plain)
	if err != nil {
		return user{}, err
	}
	old := u.Password
	return c.users.Update(ctx, string(u.ID), func(u *user) error {
		if u.Password != old {
			return account.ErrCredentials
		}
		u.Password = hash
		return nil
	})
}
