package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// persona is how somebody presents themselves.
type persona struct {
	Style  string  `bson:"style"`
	Story  string  `bson:"story"`
	Traits []trait `bson:"traits"`
}

// trait is one thing somebody says of themselves. By is who verified it.
type trait struct {
	creator.Trait `bson:",inline"`
	By            id.User `bson:"by,omitempty"`
}

// pastPersona is what a persona said until an instant.
type pastPersona struct {
	ID      string    `bson:"_id"`
	User    id.User   `bson:"user"`
	Rev     int64     `bson:"rev"`
	Until   time.Time `bson:"until"`
	Persona persona   `bson:"persona"`
	Bio     string    `bson:"bio,omitempty"` // what the profile said, if it was taken away with this
}

const (
	maxStyle = 60
	maxStory = 1000
	maxTrait = 40
	maxProof = 200
)

func (p persona) view() creator.Persona {
	out := creator.Persona{Style: p.Style, Story: p.Story, Traits: make([]creator.Trait, len(p.Traits))}
	for i, t := range p.Traits {
		out.Traits[i] = t.Trait
	}
	return out
}

func (p persona) equal(q persona) bool {
	return p.Style == q.Style && p.Story == q.Story && slices.EqualFunc(p.Traits, q.Traits, trait.equal)
}

func (t trait) equal(u trait) bool {
	return t.Label == u.Label && t.Verified == u.Verified && t.Proof == u.Proof && t.By == u.By
}

// EditPersona changes the caller's own. Traits that keep their words keep their
// verification.
func (c *Core) EditPersona(ctx context.Context, in creator.EditPersona) (creator.Profile, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Profile{}, err
	}
	var next persona
	if next.Style, err = line("style", oneLine(in.Style), 0, maxStyle); err != nil {
		return creator.Profile{}, err
	}
	if next.Story, err = line("story", plain(in.Story), 0, maxStory); err != nil {
		return creator.Profile{}, err
	}
	labels, err := labelsOf(in.Traits)
	if err != nil {
		return creator.Profile{}, err
	}
	now := c.Now()
	p, err := c.utter(ctx, me, func(p *profile) {
		after := next
		after.Traits = make([]trait, len(labels))
		for i, label := range labels {
			after.Traits[i].Label = label
			if had := p.Persona.find(label); had >= 0 {
				after.Traits[i] = p.Persona.Traits[had]
			}
		}
		p.rephrase(now, after)
	})
	if err == nil {
		err = c.keepPast(ctx, p)
	}
	if err != nil {
		return creator.Profile{}, fmt.Errorf("edit persona: %w", err)
	}
	return c.profileView(ctx, p)
}

func (p persona) find(label string) int {
	return slices.IndexFunc(p.Traits, func(t trait) bool { return t.Label == label })
}

// labelsOf checks the words of traits: each once, however it is written.
func labelsOf(in []string) ([]string, error) {
	if len(in) > creator.MaxTraits {
		return nil, errs.ErrInvalid.With("traits", fmt.Sprintf("must be at most %d items", creator.MaxTraits))
	}
	out := make([]string, len(in))
	seen := map[string]bool{}
	for i, label := range in {
		field := fmt.Sprintf("traits[%d]", i)
		label, err := line(field, oneLine(label), 1, maxTrait)
		if err != nil {
			return nil, err
		}
		if key := strings.ToLower(label); seen[key] {
			return nil, errs.ErrInvalid.With(field, "is there already")
		} else {
			seen[key] = true
		}
		out[i] = label
	}
	return out, nil
}

// VerifyTrait writes down, or withdraws, that a moderator has seen a proof of a
// trait. Nobody vouches for themselves.
func (c *Core) VerifyTrait(ctx context.Context, in creator.VerifyTrait) (creator.Profile, error) {
	if _, err := actor.Require(ctx, actor.Moderator, actor.Operator); err != nil {
		return creator.Profile{}, err
	}
	by := viewer(ctx)
	if by == in.ID {
		return creator.Profile{}, actor.ErrForbidden
	}
	proof, err := line("proof", oneLine(in.Proof), 0, maxProof)
	if err != nil {
		return creator.Profile{}, err
	}
	if _, err := c.profile(ctx, in.ID); err != nil {
		return creator.Profile{}, err
	}
	label, now := oneLine(in.Label), c.Now()
	p, err := c.changePersona(ctx, in.ID, func(before persona) (persona, error) {
		at := before.find(label)
		if at < 0 {
			return before, errs.ErrInvalid.With("label", "is not one of their traits")
		}
		after := before
		after.Traits = slices.Clone(before.Traits)
		if t := &after.Traits[at]; proof == "" {
			*t = trait{Trait: creator.Trait{Label: label}}
		} else if t.Proof != proof {
			*t = trait{Trait: creator.Trait{Label: label, Verified: true, Proof: proof, At: now}, By: by}
		}
		return after, nil
	})
	if err != nil {
		return creator.Profile{}, fmt.Errorf("verify trait: %w", err)
	}
	c.Log.InfoContext(ctx, "a trait was judged", "user", in.ID, "verified", proof != "", "by", by)
	return c.profileView(ctx, p)
}

// changePersona changes a persona, if change changes anything. What it said
// before goes into the same write, and from there to a document of its own.
func (c *Core) changePersona(ctx context.Context, user id.User, change func(persona) (persona, error)) (profile, error) {
	now := c.Now()
	p, err := c.profiles.Update(ctx, string(user), func(p *profile) error {
		next, err := change(p.Persona)
		if err == nil {
			p.rephrase(now, next)
		}
		return err
	})
	if err != nil {
		return p, err
	}
	return p, c.keepPast(ctx, p)
}

// rephrase makes p present itself so from now on, if it did not.
func (p *profile) rephrase(now time.Time, next persona) {
	if next.equal(p.Persona) {
		return
	}
	if p.Changes > 0 {
		p.Past = append(slices.Clone(p.Past), pastPersona{
			ID: pastID(p.ID, p.Changes), User: p.ID, Rev: p.Changes, Until: now, Persona: p.Persona,
		})
	}
	p.Changes++
	p.Persona = next
}

func pastID(user id.User, rev int64) string {
	return id.Derive("prs", string(user), strconv.FormatInt(rev, 10))
}

// keepPast moves what a persona said before out of the profile. A kill leaves
// it there, for the next to move.
func (c *Core) keepPast(ctx context.Context, p profile) error {
	if len(p.Past) == 0 {
		return nil
	}
	for _, past := range p.Past {
		if err := c.people.personas.Insert(ctx, past.ID, past); err != nil && !errors.Is(err, docdb.ErrExists) {
			return fmt.Errorf("keep persona: %w", err)
		}
	}
	last := p.Past[len(p.Past)-1].Rev
	_, err := c.profiles.Update(ctx, string(p.ID), func(p *profile) error {
		p.Past = slices.DeleteFunc(p.Past, func(past pastPersona) bool { return past.Rev <= last })
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep persona: %w", err)
	}
	return nil
}

// PersonaHistory pages through what a persona said before, latest first. What
// was said until a moderator took it away is for its owner and for moderators.
func (c *Core) PersonaHistory(ctx context.Context, in creator.Follows) (page.Page[creator.PersonaChange], error) {
	none := page.Page[creator.PersonaChange]{}
	p, err := c.met(ctx, in.ID)
	if err != nil {
		return none, err
	}
	if err := c.keepPast(ctx, p); err != nil {
		return none, err
	}
	q := docdb.Query{
		Index: "user", Equal: []any{string(in.ID)}, Descending: true, Limit: in.Size(usualPage, mostPage), After: in.After,
	}
	if a := actor.From(ctx); a.User != in.ID && !a.Is(actor.Moderator) && !a.Is(actor.Operator) {
		q.From = p.Open
	}
	found, err := c.people.personas.Find(ctx, q)
	if err != nil {
		return none, fmt.Errorf("persona history: %w", err)
	}
	return page.Map(found, func(past pastPersona) creator.PersonaChange {
		return creator.PersonaChange{Persona: past.Persona.view(), Bio: past.Bio, Until: past.Until}
	}), nil
}
