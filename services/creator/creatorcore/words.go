package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
)

// Words is what is known of the words of a profile. Said is the revision under
// which they were last judged, Decided the last decision about them. Taken is
// what a decision took away, until its owner says something else. Of what the
// persona said before, others read that from the change Open on.
type Words struct {
	Said    int64  `bson:"said"`
	Decided int64  `bson:"decided"`
	Taken   *taken `bson:"taken,omitempty"`
	Open    int64  `bson:"open"`
}

// taken is what a profile said before a decision, and what was open then.
type taken struct {
	Bio     string  `bson:"bio"`
	Persona persona `bson:"persona"`
	Open    int64   `bson:"open"`
}

// words is everything that p says.
func (p profile) words() []string {
	out := []string{p.Name, p.Bio, p.Persona.Style, p.Persona.Story}
	for _, t := range p.Persona.Traits {
		out = append(out, t.Label)
	}
	return out
}

// proper asks moderation about all that a profile is to say, and returns the
// revision under which it did. A profile has no state of its own: what the rules
// reject is refused here (creator.ErrWords), and what they doubt waits for a
// moderator while it shows.
func (c *Core) proper(ctx context.Context, p profile) (int64, error) {
	in := moderation.Check{
		Subject: moderation.Subject{Kind: moderation.Profile, ID: string(p.ID)}, Author: p.ID, Rev: c.saying(),
		Facts: moderation.Facts{Text: strings.Join(p.words(), "\n"), Thumb: p.Avatar.Thumb, Link: "/u/" + string(p.ID)},
	}
	if p.Likeness != "" {
		in.Facts.Likenesses = []string{p.Likeness}
	}
	v, err := c.Moderation.Check(actor.AsSystem(ctx, self), in)
	switch {
	case err != nil:
		return 0, fmt.Errorf("check: %w", err)
	case v.Outcome == moderation.Rejected:
		return in.Rev, creator.ErrWords
	}
	return in.Rev, nil
}

// utter makes a change of what somebody says of themselves once moderation has
// seen the whole. change may run several times.
func (c *Core) utter(ctx context.Context, me id.User, change func(*profile)) (profile, error) {
	for range editTries {
		before, err := c.profile(ctx, me)
		if err != nil {
			return before, err
		}
		next, rev := before, before.Said
		change(&next)
		news := next.Likeness != before.Likeness || next.Avatar.ID != before.Avatar.ID || !slices.Equal(next.words(), before.words())
		if news {
			if rev, err = c.proper(ctx, next); err != nil {
				return before, err
			}
		}
		p, err := c.profiles.Update(ctx, string(me), func(p *profile) error {
			if p.Said != before.Said {
				return errAgain // what was judged is not what it would say
			}
			if change(p); news {
				p.Said, p.Taken = rev, nil
			}
			return nil
		})
		if !errors.Is(err, errAgain) {
			return p, err
		}
	}
	return profile{}, docdb.ErrBusy
}

// decidedProfile takes away what a moderator rejected of what somebody says of
// themselves, and gives it back if that is undone. The name stays: it is the
// account's. A decision about what was said before, or was refused, is nothing
// to us, as is one that limits: a profile is recommended nowhere.
func (c *Core) decidedProfile(ctx context.Context, d moderation.DecidedData) error {
	now := c.Now()
	p, err := c.profiles.Update(ctx, d.Subject.ID, func(p *profile) error {
		if d.Rev <= p.Decided || p.Said > 0 && d.Of != p.Said {
			return errUnchanged
		}
		p.Decided = d.Rev
		if d.Verdict.Outcome == moderation.Rejected {
			p.silence(now)
		} else {
			p.unsilence()
		}
		return nil
	})
	switch {
	case errors.Is(err, errUnchanged), errors.Is(err, docdb.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return c.keepPast(ctx, p)
}

// silence takes away what p says beside its name. Its owner and those who judge
// it find it in its history.
func (p *profile) silence(now time.Time) {
	if p.Bio == "" && p.Persona.equal(persona{}) {
		return
	}
	p.Taken = &taken{Bio: p.Bio, Persona: p.Persona, Open: p.Open}
	p.Past = append(p.Past, pastPersona{
		ID: pastID(p.ID, p.Changes), User: p.ID, Rev: p.Changes, Until: now, Persona: p.Persona, Bio: p.Bio,
	})
	p.Changes++
	p.Bio, p.Persona, p.Open = "", persona{}, p.Changes
}

func (p *profile) unsilence() {
	if p.Taken == nil {
		return
	}
	p.Bio, p.Persona, p.Open, p.Taken = p.Taken.Bio, p.Taken.Persona, p.Taken.Open, nil
}

// saying numbers what somebody says: later is higher, and no two within one
// millisecond share a number, since moderation answers a number once.
func (c *Core) saying() int64 {
	const noise = 22 // bits beside the 41 of a millisecond of this age
	return c.Now().UnixMilli()<<noise | rand.Int64N(1<<noise)
}
