package talkcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/talk"
)

// listen subscribes to what others decide and sell.
func (c *Core) listen(ctx context.Context) error {
	return errors.Join(
		bus.On(ctx, c.Bus, self, checkout.OrderPaid, c.paid),
		bus.On(ctx, c.Bus, self, moderation.Decided, c.decided),
		bus.On(ctx, c.Bus, self, moderation.Restricted, c.restricted),
	)
}

// paid remembers who bought what.
func (c *Core) paid(ctx context.Context, _ bus.Event, d checkout.OrderData) error {
	for _, l := range d.Lines {
		err := c.purchases.Insert(ctx, purchaseID(d.Buyer, l.Product), purchase{At: d.PaidAt})
		if err != nil && !errors.Is(err, docdb.ErrExists) {
			return fmt.Errorf("remember a purchase: %w", err)
		}
	}
	return nil
}

// bought reports whether somebody bought one of some products.
func (c *Core) bought(ctx context.Context, u id.User, products []id.Product) (bool, error) {
	ids := make([]string, len(products))
	for i, p := range products {
		ids[i] = purchaseID(u, p)
	}
	found, err := c.purchases.GetMany(ctx, ids)
	if err != nil {
		return false, fmt.Errorf("purchases: %w", err)
	}
	return len(found) > 0, nil
}

// lateAfter is how long after a decision its comment must have been stored: one
// that was checked and never stored is not waited for.
const lateAfter = time.Minute

// decided does what a moderator decided about a comment.
func (c *Core) decided(ctx context.Context, e bus.Event, d moderation.DecidedData) error {
	if d.Subject.Kind != moderation.Comment {
		return nil
	}
	_, err := c.change(ctx, id.Comment(d.Subject.ID), func(k *comment) error {
		if k.gone() || k.Judged >= d.Rev {
			return errSame
		}
		k.Judged, k.Verdict = d.Rev, d.Verdict.Outcome
		return nil
	})
	switch {
	case errors.Is(err, errSame):
		return nil
	case errors.Is(err, talk.ErrNoSuchComment) && c.Now().Sub(e.At) > lateAfter:
		return nil
	case err != nil:
		return fmt.Errorf("do what was decided: %w", err)
	}
	return nil
}

// restricted remembers who is banned.
func (c *Core) restricted(ctx context.Context, _ bus.Event, d moderation.RestrictedData) error {
	_, err := c.restrictions.Upsert(ctx, string(d.User), func(r *restriction) error {
		if r.Rev >= d.Rev {
			return errSame
		}
		*r = restriction{User: d.User, On: d.On, Until: d.Until, Rev: d.Rev}
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return fmt.Errorf("remember a ban: %w", err)
	}
	return nil
}

// banned returns who of some people is banned now.
func (c *Core) banned(ctx context.Context, people []id.User) (map[id.User]bool, error) {
	found, err := c.restrictions.GetMany(ctx, texts(distinct(people)))
	if err != nil {
		return nil, fmt.Errorf("bans: %w", err)
	}
	out := map[id.User]bool{}
	for _, r := range found {
		if r.holds(c.Now()) {
			out[r.User] = true
		}
	}
	return out, nil
}
