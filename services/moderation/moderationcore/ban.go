package moderationcore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
)

// ban is a restriction on its way. Its state is decided here, by one write; the
// person's conduct follows.
type ban struct {
	ID        string `bson:"_id"`
	Due       `bson:",inline"`
	User      id.User           `bson:"user"`
	Reason    moderation.Reason `bson:"reason"`
	Note      string            `bson:"note"`
	Days      int64             `bson:"days"`
	Proposed  id.User           `bson:"proposed"` // "" is a rule
	Confirmed id.User           `bson:"confirmed"`
	State     string            `bson:"state"`
	At        time.Time         `bson:"at"`
	From      time.Time         `bson:"from,omitempty"`
	Until     time.Time         `bson:"until,omitempty"`
	Version   int64             `bson:"version"`
	Open      id.User           `bson:"open,omitempty"` // the user, while it is proposed: one at a time
}

// States of a ban.
const (
	proposed = "proposed"
	active   = "active"
	declined = "declined"
	lifted   = "lifted"
	over     = "over"
)

const day = 24 * time.Hour

// ProposeBan implements moderation.Service.
func (c *Core) ProposeBan(ctx context.Context, in moderation.ProposeBan) (moderation.Ban, error) {
	a, err := judge(ctx)
	if err != nil {
		return moderation.Ban{}, err
	}
	if !reasons[in.Reason] || in.Days < 0 || in.Days > 3650 {
		return moderation.Ban{}, errs.ErrInvalid.With("reason", "and a number of days are needed")
	}
	if err := c.bannable(ctx, in.User); err != nil {
		return moderation.Ban{}, err
	}
	now := c.Now()
	b := ban{
		ID: id.New("ban", now), User: in.User, Reason: in.Reason, Note: strings.TrimSpace(in.Note), Days: in.Days,
		Proposed: a.User, State: proposed, At: now, Version: 1, Open: in.User,
	}
	b.owe(now, said(now, a.User, "propose ban", b.ID, fmt.Sprintf("%s: %d days for %s", b.User, b.Days, b.Reason), b.Version))
	err = c.bans.Insert(ctx, b.ID, b)
	if _, taken := errors.AsType[docdb.Duplicate](err); taken {
		return c.proposedAlready(ctx, b)
	}
	if err != nil {
		return moderation.Ban{}, fmt.Errorf("propose ban: %w", err)
	}
	c.owedBans().soon(ctx, b.ID)
	return c.banView(ctx, b)
}

// proposedAlready answers who sends the same proposal twice with the first.
func (c *Core) proposedAlready(ctx context.Context, b ban) (moderation.Ban, error) {
	found, err := c.bans.Find(ctx, docdb.Query{Index: "open", Equal: []any{string(b.User)}, Limit: 1})
	if err != nil {
		return moderation.Ban{}, fmt.Errorf("propose ban: %w", err)
	}
	for _, x := range found.Items {
		if x.Proposed == b.Proposed && x.Reason == b.Reason && x.Note == b.Note && x.Days == b.Days {
			return c.banView(ctx, x)
		}
	}
	return moderation.Ban{}, moderation.ErrBanOpen
}

// bannable returns nil if somebody can be banned. ErrNoPerson, ErrStaffBan.
func (c *Core) bannable(ctx context.Context, u id.User) error {
	k, err := c.person(ctx, u)
	if err == nil && staffed(k.Roles) {
		err = moderation.ErrStaffBan
	}
	return err
}

// ConfirmBan implements moderation.Service.
func (c *Core) ConfirmBan(ctx context.Context, in moderation.ByBan) (moderation.Ban, error) {
	a, err := judge(ctx)
	if err != nil {
		return moderation.Ban{}, err
	}
	b, err := c.ban(ctx, in.ID)
	if err != nil {
		return moderation.Ban{}, err
	}
	if b.State == proposed {
		if err := c.bannable(ctx, b.User); err != nil {
			return moderation.Ban{}, err
		}
	}
	return c.turn(ctx, in.ID, func(b *ban, now time.Time) error {
		switch {
		case b.State == active && b.Confirmed == a.User:
			return errSame
		case b.State != proposed:
			return moderation.ErrBanState
		case b.Proposed == a.User, b.User == a.User:
			return moderation.ErrSamePerson
		}
		b.Confirmed, b.State, b.Open, b.From = a.User, active, "", now
		if b.Days > 0 {
			b.Until = now.Add(time.Duration(b.Days) * day)
		}
		b.next(now, a.User, "confirm ban", string(b.User))
		return nil
	})
}

// DeclineBan implements moderation.Service. Who proposed it may, too.
func (c *Core) DeclineBan(ctx context.Context, in moderation.ByBan) (moderation.Ban, error) {
	a, err := judge(ctx)
	if err != nil {
		return moderation.Ban{}, err
	}
	return c.turn(ctx, in.ID, func(b *ban, now time.Time) error {
		switch b.State {
		case declined:
			return errSame
		case proposed:
			b.State, b.Open = declined, ""
			b.next(now, a.User, "decline ban", string(b.User))
			return nil
		}
		return moderation.ErrBanState
	})
}

// LiftBan implements moderation.Service.
func (c *Core) LiftBan(ctx context.Context, in moderation.ByBan) (moderation.Ban, error) {
	a, err := judge(ctx)
	if err != nil {
		return moderation.Ban{}, err
	}
	if err := c.lift(ctx, in.ID, a.User, ""); err != nil {
		return moderation.Ban{}, err
	}
	b, err := c.ban(ctx, in.ID)
	if err != nil {
		return moderation.Ban{}, err
	}
	return c.banView(ctx, b)
}

// lift ends a ban before its time; by is "" for a rule.
func (c *Core) lift(ctx context.Context, of string, by id.User, why string) error {
	_, err := c.turn(ctx, of, func(b *ban, now time.Time) error {
		switch b.State {
		case lifted:
			return errSame
		case active:
			b.State = lifted
			b.next(now, by, "lift ban", strings.TrimSuffix(string(b.User)+": "+why, ": "))
			return nil
		}
		return moderation.ErrBanState
	})
	return err
}

// next is the ban's next version, and owes what follows from it.
func (b *ban) next(now time.Time, by id.User, did, detail string) {
	b.Version++
	b.owe(now, said(now, by, did, b.ID, detail, b.Version))
}

// turn changes a ban and does what follows, before it is answered: a ban acts at
// once.
func (c *Core) turn(ctx context.Context, of string, f func(*ban, time.Time) error) (moderation.Ban, error) {
	now := c.Now()
	b, err := c.bans.Update(ctx, of, func(b *ban) error { return f(b, now) })
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return moderation.Ban{}, moderation.ErrNoBan.Because(err)
	case err != nil && !errors.Is(err, errSame):
		return moderation.Ban{}, fmt.Errorf("ban: %w", err)
	}
	if !b.Owed.IsZero() {
		c.owedBans().soon(ctx, of)
	}
	return c.banView(ctx, b)
}

// enforce makes a person's conduct say what a ban says.
func (c *Core) enforce(ctx context.Context, b ban) error {
	if b.State == proposed || b.State == declined {
		return nil
	}
	now := c.Now()
	_, err := c.people.Upsert(ctx, string(b.User), func(p *conduct) error {
		p.ID = b.User
		news := p.hold(hold{Ban: b.ID, Version: b.Version, On: b.State == active, Reason: b.Reason, From: b.From, Until: b.Until})
		rev := p.Rev
		p.tell(now)
		if !news && p.Rev == rev {
			return errSame
		}
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return fmt.Errorf("enforce: %w", err)
	}
	c.tellPeople.Kick(string(b.User))
	return nil
}

// EndBans ends bans whose time is over.
func (c *Core) EndBans(ctx context.Context) error {
	later := c.Now().Add(time.Millisecond)
	found, err := c.bans.Find(ctx, docdb.Query{Index: "ends", Equal: []any{active}, Before: later, Limit: sweepMost})
	if err != nil {
		return fmt.Errorf("bans: %w", err)
	}
	var failed []error
	for _, b := range found.Items {
		_, err := c.turn(ctx, b.ID, func(b *ban, now time.Time) error {
			if b.State != active || b.Until.IsZero() || now.Before(b.Until) {
				return errSame
			}
			b.State = over
			b.next(now, "", "end ban", string(b.User))
			return nil
		})
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// Bans implements moderation.Service.
func (c *Core) Bans(ctx context.Context, in moderation.AskBans) (page.Page[moderation.Ban], error) {
	none := page.Page[moderation.Ban]{}
	if _, err := judge(ctx); err != nil {
		return none, err
	}
	q := docdb.Query{Index: "latest", Descending: true, Limit: in.Size(usualPage, mostPage), After: in.After}
	if in.State != "" {
		q.Index, q.Equal = "state", []any{in.State}
	}
	found, err := c.bans.Find(ctx, q)
	if err != nil {
		return none, fmt.Errorf("bans: %w", err)
	}
	var users []id.User
	for _, b := range found.Items {
		users = append(users, b.User)
	}
	people, err := c.known(ctx, users...)
	if err != nil {
		return none, err
	}
	return page.Map(found, func(b ban) moderation.Ban { return b.view(people[b.User].Name) }), nil
}

func (c *Core) ban(ctx context.Context, of string) (ban, error) {
	b, err := c.bans.Get(ctx, of)
	if errors.Is(err, docdb.ErrNotFound) {
		return b, moderation.ErrNoBan.Because(err)
	}
	return b, err
}

func (c *Core) banView(ctx context.Context, b ban) (moderation.Ban, error) {
	people, err := c.known(ctx, b.User)
	return b.view(people[b.User].Name), err
}

func (b ban) view(name string) moderation.Ban {
	return moderation.Ban{
		ID: b.ID, User: b.User, Name: name, Reason: b.Reason, Note: b.Note, Days: b.Days, Proposed: b.Proposed,
		Confirmed: b.Confirmed, State: b.State, At: b.At, Until: b.Until,
	}
}
