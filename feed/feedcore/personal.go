package feedcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/feed"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

func (p *person) announcePersonal(now time.Time, on bool) {
	p.Add(now, feed.Preferred.Event(now, fmt.Sprintf("%s/%d", p.ID, p.Rev), feed.PreferredData{User: id.User(p.ID), Personal: on, At: now}))
}

// hearPersonal hears who begins or stops to let what they do be used. What the
// record says by then is obeyed, in whatever order it is heard.
func (c *Core) hearPersonal(ctx context.Context, consumer string) error {
	return bus.On(ctx, c.Bus, consumer, feed.Preferred, func(ctx context.Context, _ bus.Event, d feed.PreferredData) error {
		p, err := c.person(ctx, d.User)
		if err != nil {
			return err
		}
		p.ID = string(d.User)
		return c.honour(ctx, p)
	})
}

// honour makes this process learn from somebody, or not, as their record says,
// and drops what is kept of whom it may not.
func (c *Core) honour(ctx context.Context, p person) error {
	who := id.User(p.ID)
	c.engine.Allow(who, p.personal())
	if p.personal() {
		return nil
	}
	c.find.counts().Forget(personHash(who))
	return errors.Join(c.eraseSearches(ctx, who, p.OffAt), c.eraseBuyer(ctx, who, p.OffAt))
}

// honourAll is honour for everybody of whom a snapshot may say otherwise.
func (c *Core) honourAll(ctx context.Context) error {
	for some := range slices.Chunk(c.engine.NotAllowed(), batch) {
		ids := make([]string, len(some))
		for i, u := range some {
			ids[i] = string(u)
		}
		found, err := c.people.GetMany(ctx, ids)
		if err != nil {
			return fmt.Errorf("preferences: %w", err)
		}
		for _, p := range found {
			c.engine.Allow(id.User(p.ID), p.personal())
		}
	}
	for q := (docdb.Query{Index: "off", Limit: batch}); ; {
		found, err := c.people.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("preferences: %w", err)
		}
		for _, p := range found.Items {
			c.engine.Allow(id.User(p.ID), p.personal())
		}
		if q.After = found.Next; q.After == "" {
			return nil
		}
	}
}

// Consents says who of these people lets what they do be used now.
func (c *Core) Consents(ctx context.Context, in feed.AskConsents) (feed.Consents, error) {
	if err := internal(ctx); err != nil {
		return feed.Consents{}, err
	}
	ids := make([]string, len(in.Users))
	for i, u := range in.Users {
		ids[i] = string(u)
	}
	found, err := c.people.GetMany(ctx, ids)
	if err != nil {
		return feed.Consents{}, fmt.Errorf("preferences: %w", err)
	}
	off := map[id.User]bool{"": true}
	for _, p := range found {
		off[id.User(p.ID)] = !p.personal()
	}
	return feed.Consents{Users: slices.DeleteFunc(slices.Clone(in.Users), func(u id.User) bool { return off[u] })}, nil
}
