package accountcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// linkRecord is a one-time link, under its token's hash.
type linkRecord struct {
	Hash    string    `bson:"_id"`
	Used    bool      `bson:"used,omitempty"`
	Expires time.Time `bson:"expires"`
}

// OneTimeLink returns a token that signs in as the operator, once and within
// account.LinkTTL. Whoever keeps the shop running asks for it on the machine;
// there is no password to begin with.
func (c *Core) OneTimeLink(ctx context.Context) (string, error) {
	token := id.Secret()
	if err := c.links.Insert(ctx, hashOf(token), linkRecord{Expires: c.Now().Add(account.LinkTTL)}); err != nil {
		return "", fmt.Errorf("one-time link: %w", err)
	}
	return token, nil
}

// Enter implements account.Service.
func (c *Core) Enter(ctx context.Context, in account.Enter) (account.Signed, error) {
	giveBack, err := c.take(ctx, c.clientFailures(), client(in.From))
	if err != nil {
		return account.Signed{}, err
	}
	_, err = c.links.UpdateIf(ctx, hashOf(in.Token),
		[]docdb.Cond{{Field: "used", Op: docdb.Absent}, {Field: "expires", Op: docdb.Gte, Value: c.later()}},
		[]docdb.Change{{Field: "used", Verb: docdb.Set, Value: true}})
	if errors.Is(err, docdb.ErrNotFound) || errors.Is(err, docdb.ErrRefused) {
		return account.Signed{}, account.ErrLink
	}
	if err != nil {
		return account.Signed{}, fmt.Errorf("enter: %w", err)
	}
	giveBack()
	u, err := c.operator(ctx)
	if err != nil {
		return account.Signed{}, fmt.Errorf("enter: %w", err)
	}
	c.Log.InfoContext(ctx, "the operator entered by a one-time link", "user", u.ID)
	return c.signed(ctx, u, in.Agent)
}

// operator returns the operator's account, and makes it the first time.
func (c *Core) operator(ctx context.Context) (user, error) {
	uid := id.User(id.Derive("usr", "operator"))
	u, err := c.users.Upsert(ctx, string(uid), func(u *user) error {
		now := c.Now()
		if u.CreatedAt.IsZero() {
			*u = user{ID: uid, Name: "Meadow", Locale: account.Chinese, CreatedAt: now}
			u.announceSignUp(now)
		}
		u.setRole(actor.Operator, true, roleChange{At: now, By: "system:one_time_link", Request: actor.Request(ctx)})
		return nil
	})
	c.relay.Kick(string(uid))
	return u, err
}
