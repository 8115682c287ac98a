package accountcore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"meadow/services/account"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/notify"
)

// pendingTime is how long an account may wait for its login to be claimed.
const pendingTime = time.Hour

// SignUp implements account.Service. The account is stored first, unseen; then
// its login is claimed, which only one account can; then it begins to be. If
// that is cut short, the owner's next sign-in goes on, or all is gone after
// pendingTime.
func (c *Core) SignUp(ctx context.Context, in account.SignUp) (account.Signed, error) {
	l, err := parseLogin(in.Login)
	if err != nil {
		return account.Signed{}, err
	}
	if in.Name, err = cleanName(in.Name); err != nil {
		return account.Signed{}, err
	}
	if in.Locale, err = locale(in.Locale); err != nil {
		return account.Signed{}, err
	}
	if err := c.passwords.fit(in.Password, l); err != nil {
		return account.Signed{}, err
	}
	if _, err := c.take(ctx, meter{"sign_ups", c.Limits.SignUpsPerClient, account.ThrottleWindow}, client(in.From)); err != nil {
		return account.Signed{}, err
	}
	if err := c.prove(ctx, l, in); err != nil {
		return account.Signed{}, err
	}
	u, err := c.pending(ctx, l, in)
	if err != nil {
		return account.Signed{}, fmt.Errorf("sign up: %w", err)
	}
	if err := c.claim(ctx, l, u.ID); err != nil {
		return account.Signed{}, err
	}
	if u, err = c.begin(ctx, u.ID); err != nil {
		return account.Signed{}, fmt.Errorf("sign up: %w", err)
	}
	return c.signed(ctx, u, in.Agent)
}

// prove checks the code, if there is one or there must be.
func (c *Core) prove(ctx context.Context, l login, in account.SignUp) error {
	if in.Code == "" {
		if c.RequireCode {
			return account.ErrCodeRequired
		}
		return nil
	}
	giveBack, err := c.take(ctx, c.clientFailures(), client(in.From))
	if err != nil {
		return err
	}
	if err := c.useCode(ctx, account.ForSignUp, l, in.Code); err != nil {
		return err
	}
	giveBack()
	return nil
}

// pending stores an account that nobody can reach yet.
func (c *Core) pending(ctx context.Context, l login, in account.SignUp) (user, error) {
	leave, err := c.passwords.enter(ctx)
	if err != nil {
		return user{}, err
	}
	hash, err := c.passwords.hash(in.Password)
	leave()
	if err != nil {
		return user{}, err
	}
	now := c.Now()
	u := user{
		ID: id.User(id.New("usr", now)), Name: in.Name, Locale: in.Locale, Password: hash,
		CreatedAt: now, PendingUntil: now.Add(pendingTime), Identities: []string{c.identity(l)},
	}
	field, sealed := emailField, &u.Email
	if l.channel == notify.SMS {
		field, sealed = phoneField, &u.Phone
	}
	if *sealed, err = c.Vault.Seal(ctx, string(u.ID), field, l.text); err != nil {
		return user{}, err
	}
	return u, c.users.Insert(ctx, string(u.ID), u)
}

// claim makes l the login of uid, or returns ErrTaken and drops uid. A login
// whose account is gone is free.
func (c *Core) claim(ctx context.Context, l login, uid id.User) error {
	err := c.logins.Insert(ctx, c.loginID(l), loginRecord{User: uid, At: c.Now()})
	if err == nil {
		return nil
	}
	if errors.Is(err, docdb.ErrExists) {
		if err = c.takeOver(ctx, l, uid); err == nil {
			return nil
		}
	}
	if drop := c.users.Delete(context.WithoutCancel(ctx), string(uid)); drop != nil {
		c.Log.WarnContext(ctx, "an account that never began was left", "user", uid, "err", drop)
	}
	if errors.Is(err, account.ErrTaken) {
		return err
	}
	return fmt.Errorf("claim login: %w", err)
}

func (c *Core) takeOver(ctx context.Context, l login, uid id.User) error {
	r, err := c.logins.Get(ctx, c.loginID(l))
	if err != nil {
		return err
	}
	if _, err = c.users.Get(ctx, string(r.User)); !errors.Is(err, docdb.ErrNotFound) {
		if err == nil {
			return account.ErrTaken
		}
		return err
	}
	_, err = c.logins.UpdateIf(ctx, c.loginID(l),
		[]docdb.Cond{{Field: "user", Op: docdb.Eq, Value: r.User}},
		[]docdb.Change{{Field: "user", Verb: docdb.Set, Value: uid}})
	if errors.Is(err, docdb.ErrRefused) {
		return account.ErrTaken
	}
	return err
}

// begin makes a pending account an account, and announces it. One that began
// already is returned as it is.
func (c *Core) begin(ctx context.Context, uid id.User) (user, error) {
	return c.updateUser(ctx, uid, func(u *user) error {
		u.begin(c.Now())
		return nil
	})
}

// updateUser changes a user, and has announced what that adds to its box.
func (c *Core) updateUser(ctx context.Context, uid id.User, change func(*user) error) (user, error) {
	u, err := c.users.Update(ctx, string(uid), change)
	if err == nil && len(u.Outbox) > 0 {
		c.relay.Kick(string(uid))
	}
	return u, err
}

// nobody is an id that no account has.
const nobody id.User = "usr_nobody"

// userOf returns whose login l is, or ErrNoSuchUser.
func (c *Core) userOf(ctx context.Context, l login) (user, error) {
	r, err := c.logins.Get(ctx, c.loginID(l))
	if errors.Is(err, docdb.ErrNotFound) {
		r.User = nobody // read as much as for a login that exists
	} else if err != nil {
		return user{}, err
	}
	u, err := c.users.Get(ctx, string(r.User))
	if errors.Is(err, docdb.ErrNotFound) {
		return user{}, account.ErrNoSuchUser
	}
	return u, err
}

const maxName = 40 // characters

// cleanName returns name as it is shown. What turns the direction of the text
// around it is refused.
func cleanName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName || !utf8.ValidString(name) {
		return "", account.ErrName
	}
	visible := false
	for _, r := range name {
		if unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0xfeff {
			return "", account.ErrName
		}
		visible = visible || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r) || unicode.IsPunct(r)
	}
	if !visible {
		return "", account.ErrName
	}
	return name, nil
}

func locale(l account.Locale) (account.Locale, error) {
	switch l {
	case "":
		return account.Chinese, nil
	case account.Chinese, account.English:
		return l, nil
	}
	return "", account.ErrLocale
}
