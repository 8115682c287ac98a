package moderationcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
	"meadow/services/platform/outbox"
)

// conduct is a person's strikes and bans, and what they may not do now. Cases
// and bans decide; what they say is taken over once, whoever says it how often.
type conduct struct {
	ID         id.User `bson:"_id"`
	outbox.Box `bson:",inline"`
	Strikes    []strike `bson:"strikes"`
	Holds      []hold   `bson:"holds"`

	// What was announced last, and how often.
	On     bool              `bson:"on"`
	Reason moderation.Reason `bson:"reason"`
	Until  time.Time         `bson:"until"`
	Rev    int64             `bson:"rev"`
}

// strike is one, or was.
type strike struct {
	Decision string    `bson:"decision"`
	Turn     int64     `bson:"turn"`
	On       bool      `bson:"on"`
	At       time.Time `bson:"at"`
}

// hold is a ban, as its document says at a version.
type hold struct {
	Ban      string            `bson:"ban"`
	Version  int64             `bson:"version"`
	On       bool              `bson:"on"`
	Reason   moderation.Reason `bson:"reason"`
	From     time.Time         `bson:"from"`
	Until    time.Time         `bson:"until"`    // zero is for good
	Decision string            `bson:"decision"` // of a ban by strikes: the last one's
}

const (
	mostStrikes = 200
	mostHolds   = 100
)

// strikes counts those that count now.
func (p *conduct) strikes(now time.Time) (n int64) {
	for _, s := range p.Strikes {
		if s.On && now.Sub(s.At) < moderation.StrikeTTL {
			n++
		}
	}
	return n
}

// held returns the ban that holds longest, if one does.
func (p *conduct) held(now time.Time) (longest hold, ok bool) {
	for _, h := range p.Holds {
		if !h.On || !h.Until.IsZero() && !now.Before(h.Until) {
			continue
		}
		if !ok || !longest.Until.IsZero() && (h.Until.IsZero() || h.Until.After(longest.Until)) {
			longest, ok = h, true
		}
	}
	return longest, ok
}

// tell announces what they may not do now, if that is news.
func (p *conduct) tell(now time.Time) {
	h, on := p.held(now)
	if on == p.On && h.Reason == p.Reason && h.Until.Equal(p.Until) {
		return
	}
	p.Rev++
	p.On, p.Reason, p.Until = on, h.Reason, h.Until
	p.Add(now, moderation.Restricted.Event(now, string(p.ID)+"/"+strconv.FormatInt(p.Rev, 10), moderation.RestrictedData{
		User: p.ID, On: on, Reason: h.Reason, Until: h.Until, Rev: p.Rev, At: now,
	}))
}

// strike takes over what a case says of its author. The third strike within
// StrikeTTL bans in the same write; the ban's own document follows.
func (c *Core) strike(ctx context.Context, r record) error {
	if len(r.Struck) == 0 {
		return nil
	}
	known, err := c.known(ctx, r.Author)
	if err != nil {
		return err
	}
	staff, now := staffed(known[r.Author].Roles), c.Now()
	p, err := c.people.Upsert(ctx, string(r.Author), func(p *conduct) error {
		p.ID = r.Author
		changed := false
		for _, s := range r.Struck {
			changed = p.take(now, s, staff) || changed
		}
		if !changed {
			return errSame
		}
		p.tell(now)
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return fmt.Errorf("strike: %w", err)
	}
	c.tellPeople.Kick(string(r.Author))
	return c.follow(ctx, r, p)
}

// take takes over one strike, and reports whether that is news.
func (p *conduct) take(now time.Time, s struck, staff bool) bool {
	i := slices.IndexFunc(p.Strikes, func(x strike) bool { return x.Decision == s.Decision })
	if i < 0 {
		p.Strikes = append(p.Strikes, strike{Decision: s.Decision, At: s.At})
		p.Strikes = p.Strikes[max(0, len(p.Strikes)-mostStrikes):]
		i = len(p.Strikes) - 1
	}
	if s.Turn <= p.Strikes[i].Turn {
		return false
	}
	news := s.On && !p.Strikes[i].On
	p.Strikes[i].Turn, p.Strikes[i].On = s.Turn, s.On
	if news && !staff && p.strikes(now) >= moderation.StrikeLimit {
		p.hold(hold{
			Ban: strikeBan(p.ID, s.Decision), Version: 1, On: true, Reason: s.Reason,
			From: now, Until: now.Add(moderation.StrikeBan), Decision: s.Decision,
		})
	}
	return true
}

func strikeBan(u id.User, decision string) string { return id.Derive("ban", string(u), decision) }

// hold takes over a ban, unless a newer word of it is known.
func (p *conduct) hold(h hold) bool {
	i := slices.IndexFunc(p.Holds, func(x hold) bool { return x.Ban == h.Ban })
	if i < 0 {
		if len(p.Holds) >= mostHolds { // forget the oldest that is over
			if old := slices.IndexFunc(p.Holds, func(x hold) bool { return !x.On }); old >= 0 {
				p.Holds = slices.Delete(p.Holds, old, old+1)
			}
		}
		p.Holds = append(p.Holds, h)
		return true
	}
	if h.Version <= p.Holds[i].Version {
		return false
	}
	h.Decision = p.Holds[i].Decision
	p.Holds[i] = h
	return true
}

// follow writes down bans by strikes, and lifts them where a strike that led
// there is one no longer.
func (c *Core) follow(ctx context.Context, r record, p conduct) error {
	for _, h := range p.Holds {
		if !h.On || h.Decision == "" {
			continue
		}
		if slices.ContainsFunc(r.Struck, func(s struck) bool { return s.Decision == h.Decision }) {
			if err := c.writeDown(ctx, p.ID, h); err != nil {
				return err
			}
		}
		if p.strikes(h.From) < moderation.StrikeLimit {
			if err := c.lift(ctx, h.Ban, "", "a strike was taken back"); err != nil && !errors.Is(err, moderation.ErrBanState) {
				return err
			}
		}
	}
	return nil
}

// writeDown makes the document of a ban by strikes.
func (c *Core) writeDown(ctx context.Context, u id.User, h hold) error {
	b := ban{
		ID: h.Ban, User: u, Reason: h.Reason, Note: fmt.Sprintf("%d strikes within 90 days", moderation.StrikeLimit),
		Days: int64(moderation.StrikeBan / (24 * time.Hour)), State: active, At: h.From, From: h.From, Until: h.Until, Version: h.Version,
	}
	b.owe(c.Now(), said(h.From, "", "ban", b.ID, string(u)+": "+b.Note, b.Version))
	err := c.bans.Insert(ctx, b.ID, b)
	if err == nil {
		c.owedBans().soon(ctx, b.ID)
	}
	if errors.Is(err, docdb.ErrExists) {
		return nil
	}
	return err
}

// staffed reports whether somebody judges others or runs the shop.
func staffed(roles []actor.Role) bool {
	return slices.Contains(roles, actor.Moderator) || slices.Contains(roles, actor.Operator)
}
