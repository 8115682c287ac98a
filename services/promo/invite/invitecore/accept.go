package invitecore

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo/invite"
)

// A link's token is the inviter and the day it was made, and their signature.
func (c *Core) sign(user id.User, day int64) string {
	said := base64.RawURLEncoding.EncodeToString([]byte(string(user) + "|" + strconv.FormatInt(day, 36)))
	return said + "." + base64.RawURLEncoding.EncodeToString(c.mac(said))
}

func (c *Core) mac(said string) []byte {
	h := hmac.New(sha256.New, c.LinkKey)
	_, _ = h.Write([]byte("invite|" + said))
	return h.Sum(nil)[:20]
}

func dayNumber(t time.Time) int64 { return t.Unix() / int64(24*time.Hour/time.Second) }

func (c *Core) read(token string) (id.User, error) {
	said, signature, _ := strings.Cut(token, ".")
	mac, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(mac, c.mac(said)) {
		return "", invite.ErrLink
	}
	b, err := base64.RawURLEncoding.DecodeString(said)
	if err != nil {
		return "", invite.ErrLink.Because(err)
	}
	user, made, _ := strings.Cut(string(b), "|")
	day, err := strconv.ParseInt(made, 36, 64)
	if err != nil || user == "" || dayNumber(c.Now())-day > int64(invite.LinkLasts/(24*time.Hour)) {
		return "", invite.ErrLink
	}
	return id.User(user), nil
}

// Link also remembers that the caller shares.
func (c *Core) Link(ctx context.Context, _ invite.Mine) (invite.Link, error) {
	who, err := actor.Signed(ctx)
	if err != nil {
		return invite.Link{}, err
	}
	_, err = c.links.Upsert(ctx, string(who), func(l *link) error {
		if c.Now().Sub(l.At) < time.Hour {
			return errSame
		}
		l.User, l.At = who, c.Now()
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return invite.Link{}, err
	}
	return invite.Link{Token: c.sign(who, dayNumber(c.Now())), Reward: c.Settings.Rewards[0], Upper: c.Settings.Rewards[1], Least: c.Settings.Least}, nil
}

func (c *Core) Look(_ context.Context, in invite.Look) (invite.Invitation, error) {
	user, err := c.read(in.Token)
	if err != nil {
		return invite.Invitation{}, err
	}
	return invite.Invitation{Inviter: user, Least: c.Settings.Least}, nil
}

// Accept inserts the one bond that a person can have. What only speaks against a
// reward does not stop it: the bond is blocked, and an operator sees why.
func (c *Core) Accept(ctx context.Context, in invite.Accept) (invite.Bond, error) {
	who, err := actor.Signed(ctx)
	if err != nil {
		return invite.Bond{}, err
	}
	inviter, err := c.read(in.Token)
	if err != nil {
		return invite.Bond{}, err
	}
	if inviter == who {
		return invite.Bond{}, invite.ErrSelf
	}
	if b, err := c.bonds.Get(ctx, string(who)); err == nil {
		return again(b, inviter)
	} else if !errors.Is(err, docdb.ErrNotFound) {
		return invite.Bond{}, err
	}
	if _, err := c.buyers.Get(ctx, string(who)); err == nil {
		return invite.Bond{}, invite.ErrKnown
	} else if !errors.Is(err, docdb.ErrNotFound) {
		return invite.Bond{}, err
	}
	b := bond{Invitee: who, Inviter: inviter, State: invite.Joined, JoinedAt: c.Now()}
	if b.Upline, err = c.above(ctx, who, inviter); err != nil {
		return invite.Bond{}, err
	}
	if b.Reasons, err = c.shared(ctx, who, inviter); err != nil {
		return invite.Bond{}, err
	}
	if len(b.Reasons) > 0 {
		b.State = invite.Blocked
	}
	err = c.bonds.Insert(ctx, string(who), b)
	if errors.Is(err, docdb.ErrExists) {
		if b, err = c.bonds.Get(ctx, string(who)); err == nil {
			return again(b, inviter)
		}
	}
	return b.shown(), err
}

func again(b bond, inviter id.User) (invite.Bond, error) {
	if b.Inviter != inviter {
		return invite.Bond{}, invite.ErrInvited
	}
	return b.shown(), nil
}

// maxAbove is how far up a circle is looked for: longer ones harm nobody, since
// rewards go up MaxLevels.
const maxAbove = 20

// above returns who invited the inviter, unless the line leads back to who is
// being invited.
func (c *Core) above(ctx context.Context, who, inviter id.User) (upline id.User, err error) {
	at := inviter
	for i := range maxAbove {
		b, err := c.bonds.Get(ctx, string(at))
		if errors.Is(err, docdb.ErrNotFound) {
			return upline, nil
		}
		if err != nil {
			return "", err
		}
		if b.Inviter == who {
			return "", invite.ErrCircle
		}
		if i == 0 && b.State != invite.Blocked {
			upline = b.Inviter
		}
		at = b.Inviter
	}
	return upline, nil
}

// shared returns a reason for each kind of clue that two people have in common.
func (c *Core) shared(ctx context.Context, one, other id.User) ([]string, error) {
	mine, err := c.Clues(ctx, one)
	if err != nil {
		return nil, err
	}
	theirs, err := c.Clues(ctx, other)
	if err != nil {
		return nil, err
	}
	has := map[invite.Clue]bool{}
	for _, x := range theirs {
		has[x] = true
	}
	var out []string
	for _, x := range mine {
		if reason := invite.Same + x.Kind; has[x] && (len(out) == 0 || out[len(out)-1] != reason) {
			out = append(out, reason)
		}
	}
	return out, nil
}

func (b bond) shown() invite.Bond {
	return invite.Bond{Invitee: b.Invitee, Inviter: b.Inviter, State: b.State, JoinedAt: b.JoinedAt, DueAt: b.DueAt}
}
