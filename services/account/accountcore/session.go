package accountcore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// session is one token of a session, under the token's hash. A session has two
// while its token is being replaced.
type session struct {
	Hash       string     `bson:"_id"`
	ID         id.Session `bson:"session"`
	User       id.User    `bson:"user"`
	Epoch      int64      `bson:"epoch"` // the user's when it began
	Device     string     `bson:"device"`
	CreatedAt  time.Time  `bson:"created_at"` // of the session
	IssuedAt   time.Time  `bson:"issued_at"`  // of the token
	SeenAt     time.Time  `bson:"seen_at"`
	Expires    time.Time  `bson:"expires"`
	ReplacedAt time.Time  `bson:"replaced_at,omitempty"`
}

// seenEvery is how often use of a session is written down.
const seenEvery = 10 * time.Minute

// listedSessions is the most sessions that are listed.
const listedSessions = 100

// hashOf is the id of what token opens. A token is too random to be guessed
// from a fast hash.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// expiry is when a session that is used at seen ends.
func expiry(created, seen time.Time) time.Time {
	idle, last := seen.Add(account.SessionIdle), created.Add(account.SessionTTL)
	if idle.Before(last) {
		return idle
	}
	return last
}

// signed starts a session of u, who has just proved who they are.
func (c *Core) signed(ctx context.Context, u user, agent string) (account.Signed, error) {
	now, token := c.Now(), id.Secret()
	s := session{
		ID: id.Session(id.New("ses", now)), User: u.ID, Epoch: u.Epoch, Device: device(agent),
		CreatedAt: now, IssuedAt: now, SeenAt: now, Expires: expiry(now, now),
	}
	if err := c.sessions.Insert(ctx, hashOf(token), s); err != nil {
		return account.Signed{}, fmt.Errorf("session: %w", err)
	}
	view, err := c.own(ctx, u)
	return account.Signed{User: view, Token: token}, err
}

// Resolve implements account.Service.
func (c *Core) Resolve(ctx context.Context, in account.Resolve) (actor.Actor, error) {
	if err := desk(ctx); err != nil {
		return actor.Actor{}, err
	}
	s, u, err := c.holder(ctx, in.Token)
	if err != nil {
		return actor.Actor{}, err
	}
	c.seen(ctx, s)
	return actor.Actor{User: u.ID, Session: s.ID, Roles: u.Roles, Merchant: u.Merchant, Suspended: u.Suspension.stands(c.Now())}, nil
}

// holder returns the session that token opens, and whose it is.
func (c *Core) holder(ctx context.Context, token string) (session, user, error) {
	s, err := c.sessions.Get(ctx, hashOf(token))
	if errors.Is(err, docdb.ErrNotFound) {
		return session{}, user{}, actor.ErrNobody
	}
	if err != nil {
		return session{}, user{}, fmt.Errorf("session: %w", err)
	}
	u, err := c.users.Get(ctx, string(s.User))
	switch {
	case errors.Is(err, docdb.ErrNotFound), err == nil && u.Epoch != s.Epoch:
		return session{}, user{}, actor.ErrNobody
	case err != nil:
		return session{}, user{}, fmt.Errorf("session: %w", err)
	}
	return s, u, nil
}

// seen writes down that s is in use, now and then. That it failed is no reason
// to turn the person away.
func (c *Core) seen(ctx context.Context, s session) {
	now := c.Now()
	if now.Sub(s.SeenAt) < seenEvery || !s.ReplacedAt.IsZero() {
		return
	}
	_, err := c.sessions.UpdateIf(ctx, s.Hash,
		[]docdb.Cond{{Field: "replaced_at", Op: docdb.Absent}},
		[]docdb.Change{
			{Field: "seen_at", Verb: docdb.Set, Value: now},
			{Field: "expires", Verb: docdb.Set, Value: expiry(s.CreatedAt, now)},
		})
	if err != nil && !errors.Is(err, docdb.ErrRefused) && !errors.Is(err, docdb.ErrNotFound) {
		c.Log.WarnContext(ctx, "a session's use was not written down", "session", s.ID, "err", err)
	}
}

// Rotate implements account.Service. The successor is stored first: whatever
// happens between the two writes, the person keeps a good token, and a session
// that is being ended takes the successor with it (end looks again).
func (c *Core) Rotate(ctx context.Context, in account.Resolve) (account.Rotated, error) {
	if err := desk(ctx); err != nil {
		return account.Rotated{}, err
	}
	s, u, err := c.holder(ctx, in.Token)
	if err != nil {
		return account.Rotated{}, err
	}
	now := c.Now()
	due := now.Sub(s.IssuedAt) >= account.RotateAfter || u.RolesAt.After(s.IssuedAt)
	if !due || !s.ReplacedAt.IsZero() {
		return account.Rotated{}, nil
	}
	next, token := s, id.Secret()
	next.IssuedAt, next.SeenAt, next.Expires = now, now, expiry(s.CreatedAt, now)
	if err := c.sessions.Insert(ctx, hashOf(token), next); err != nil {
		return account.Rotated{}, fmt.Errorf("rotate: %w", err)
	}
	_, err = c.sessions.UpdateIf(ctx, s.Hash,
		[]docdb.Cond{{Field: "replaced_at", Op: docdb.Absent}},
		[]docdb.Change{
			{Field: "replaced_at", Verb: docdb.Set, Value: now},
			{Field: "expires", Verb: docdb.Set, Value: now.Add(account.RotateOverlap)},
		})
	if err == nil {
		return account.Rotated{Token: token}, nil
	}
	if gone := c.sessions.Delete(context.WithoutCancel(ctx), hashOf(token)); gone != nil && !errors.Is(gone, docdb.ErrNotFound) {
		return account.Rotated{}, fmt.Errorf("rotate: %w", errors.Join(err, gone))
	}
	switch {
	case errors.Is(err, docdb.ErrRefused): // somebody else rotates it
		return account.Rotated{}, nil
	case errors.Is(err, docdb.ErrNotFound): // it was ended
		return account.Rotated{}, actor.ErrNobody
	}
	return account.Rotated{}, fmt.Errorf("rotate: %w", err)
}

// Sessions implements account.Service.
func (c *Core) Sessions(ctx context.Context, _ rpc.Empty) (page.Page[account.Session], error) {
	u, err := c.asker(ctx)
	if err != nil {
		return page.Page[account.Session]{}, err
	}
	found, err := c.sessions.Find(ctx, docdb.Query{
		Index: "seen", Equal: []any{u.ID}, Descending: true, Limit: listedSessions,
	})
	if err != nil {
		return page.Page[account.Session]{}, fmt.Errorf("sessions: %w", err)
	}
	found.Next = ""
	found.Items = slices.DeleteFunc(found.Items, func(s session) bool {
		return s.Epoch != u.Epoch || !s.ReplacedAt.IsZero()
	})
	slices.SortStableFunc(found.Items, func(a, b session) int {
		return cmp.Or(b.SeenAt.Compare(a.SeenAt), b.CreatedAt.Compare(a.CreatedAt))
	})
	current := actor.From(ctx).Session
	return page.Map(found, func(s session) account.Session {
		return account.Session{ID: s.ID, Device: s.Device, CreatedAt: s.CreatedAt, SeenAt: s.SeenAt, Current: s.ID == current}
	}), nil
}

// Revoke implements account.Service.
func (c *Core) Revoke(ctx context.Context, in account.Revoke) (rpc.Empty, error) {
	uid, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	n, err := c.end(ctx, uid, in.ID)
	if err == nil && n == 0 {
		err = account.ErrNoSession
	}
	return rpc.Empty{}, err
}

// SignOut implements account.Service.
func (c *Core) SignOut(ctx context.Context, _ rpc.Empty) (rpc.Empty, error) {
	a := actor.From(ctx)
	if a.User == "" || a.Session == "" {
		return rpc.Empty{}, nil
	}
	_, err := c.end(ctx, a.User, a.Session)
	return rpc.Empty{}, err
}

// end deletes a session's tokens, and looks again until there are none: one may
// be getting a successor. It returns how many it deleted.
func (c *Core) end(ctx context.Context, uid id.User, sid id.Session) (int, error) {
	for n := 0; ; {
		found, err := c.sessions.Find(ctx, docdb.Query{Index: "session", Equal: []any{uid, sid}, Limit: 10})
		if err != nil {
			return n, fmt.Errorf("end session: %w", err)
		}
		if len(found.Items) == 0 { // or what is left has expired
			return n, nil
		}
		for _, s := range found.Items {
			if err := c.sessions.Delete(ctx, s.Hash); err != nil && !errors.Is(err, docdb.ErrNotFound) {
				return n, fmt.Errorf("end session: %w", err)
			}
			n++
		}
	}
}

// asker returns the account that asks.
func (c *Core) asker(ctx context.Context) (user, error) {
	uid, err := actor.Signed(ctx)
	if err != nil {
		return user{}, err
	}
	u, err := c.users.Get(ctx, string(uid))
	if errors.Is(err, docdb.ErrNotFound) {
		return user{}, actor.ErrNobody
	}
	if err != nil {
		return user{}, fmt.Errorf("user: %w", err)
	}
	return u, nil
}
