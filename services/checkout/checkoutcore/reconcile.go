package checkoutcore

import (
	"context"
	"errors"
	"time"

	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

const (
	day = 24 * time.Hour
	// compareAfter is how long after a day's end its statement is taken as whole.
	compareAfter = 2 * time.Hour
	// compareBack is how many days are compared that nobody compared: the shop may
	// have stood still.
	compareBack = 7
)

// compared is a day whose statement was compared with our books.
type compared struct {
	ID string    `bson:"_id"`
	At time.Time `bson:"at"`
}

// reconcile compares the days that are over and were not compared.
func (c *Core) reconcile(ctx context.Context) error {
	last := c.Now().Add(-compareAfter).Truncate(day).Add(-day)
	var failed error
	for _, p := range c.Providers {
		for n := compareBack - 1; n >= 0; n-- {
			d := last.Add(-time.Duration(n) * day)
			key := p.Name() + d.Format(".2006-01-02")
			if _, err := c.compared.Get(ctx, key); !errors.Is(err, docdb.ErrNotFound) {
				failed = errors.Join(failed, err)
				continue
			}
			if err := c.compare(ctx, p, d); errors.Is(err, pay.ErrNotYet) {
				continue
			} else if err != nil {
				failed = errors.Join(failed, err)
				continue
			}
			if err := c.compared.Insert(ctx, key, compared{ID: key, At: c.Now()}); err != nil && !errors.Is(err, docdb.ErrExists) {
				failed = errors.Join(failed, err)
			}
		}
	}
	return failed
}

// compare looks for every movement of the day in our books, and for all that is
// of the day in our books among the movements. What happened about midnight may
// be on either side's other day.
func (c *Core) compare(ctx context.Context, p pay.Provider, d time.Time) error {
	theirs := map[string]bool{}
	for _, near := range []time.Time{d.Add(-day), d, d.Add(day)} {
		moves, err := p.Statement(ctx, near)
		if err != nil {
			return err
		}
		for _, m := range moves {
			theirs[m.Ref] = true
			if !near.Equal(d) {
				continue
			}
			if err := c.compareOne(ctx, p.Name(), d, m); err != nil {
				return err
			}
		}
	}
	missing := func(ref string, payment id.Payment, order id.Order, ours money.Money) error {
		if theirs[ref] || ours.IsZero() {
			return nil
		}
		return c.differ(ctx, checkout.Difference{Provider: p.Name(), Day: d, Kind: checkout.Unsettled, Ref: ref, Payment: payment, Order: order, Ours: ours})
	}
	err := walk(ctx, c.payments, docdb.Query{Index: "taken", Equal: []any{p.Name()}, From: d, Before: d.Add(day), Limit: 200}, func(x payment) error {
		return missing(string(x.ID), x.ID, x.Order, x.Amount)
	})
	if err != nil {
		return err
	}
	return walk(ctx, c.returned, docdb.Query{Index: "provider", Equal: []any{p.Name()}, From: d, Before: d.Add(day), Limit: 200}, func(x returnedMoney) error {
		return missing(x.ID, x.Payment, "", x.Amount.Neg())
	})
}

// walk calls f with all that q finds.
func walk[T any](ctx context.Context, from *docdb.Collection[T], q docdb.Query, f func(T) error) error {
	for {
		found, err := from.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, x := range found.Items {
			if err := f(x); err != nil {
				return err
			}
		}
		if q.After = found.Next; q.After == "" {
			return nil
		}
	}
}

// compareOne looks for one movement in our books.
func (c *Core) compareOne(ctx context.Context, provider string, d time.Time, m pay.Movement) error {
	diff := checkout.Difference{Provider: provider, Day: d, Ref: m.Ref, Payment: m.Payment, Theirs: m.Amount}
	p, err := c.payments.Get(ctx, string(m.Payment))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	known := err == nil && p.Provider == provider
	if known {
		diff.Order = p.Order
	}
	switch {
	case !known:
	case m.Ref != string(m.Payment):
		r, err := c.returned.Get(ctx, m.Ref)
		if err != nil && !errors.Is(err, docdb.ErrNotFound) {
			return err
		}
		if known = err == nil && r.Payment == m.Payment; known {
			diff.Ours = r.Amount.Neg()
		}
	default:
		if known = !p.TakenAt.IsZero(); known {
			diff.Ours = p.Amount
		}
	}
	switch {
	case !known:
		diff.Kind = checkout.Unbooked
	case diff.Ours != diff.Theirs:
		diff.Kind = checkout.Otherwise
	default:
		return nil
	}
	return c.differ(ctx, diff)
}

// differ keeps a difference, once.
func (c *Core) differ(ctx context.Context, d checkout.Difference) error {
	d.ID = id.Derive("dif", d.Provider, d.Day.Format(time.DateOnly), d.Ref, string(d.Kind))
	d.FoundAt = c.Now()
	err := c.differences.Insert(ctx, d.ID, d)
	if errors.Is(err, docdb.ErrExists) {
		return nil
	}
	if err == nil {
		c.Log.ErrorContext(ctx, "the provider's statement differs", "provider", d.Provider, "ref", d.Ref, "kind", d.Kind, "ours", d.Ours, "theirs", d.Theirs)
	}
	return err
}

func (c *Core) Differences(ctx context.Context, in checkout.Differences) (page.Page[checkout.Difference], error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return page.Page[checkout.Difference]{}, err
	}
	found, err := c.differences.Find(ctx, docdb.Query{Index: "found", Equal: []any{in.Resolved}, Descending: true, Limit: in.Size(20, 100), After: in.After})
	found.Items = append([]checkout.Difference{}, found.Items...)
	return found, err
}

func (c *Core) Resolve(ctx context.Context, in checkout.Resolve) (checkout.Difference, error) {
	a, err := actor.Require(ctx, actor.Operator)
	if err != nil {
		return checkout.Difference{}, err
	}
	if in.RequestID == "" {
		return checkout.Difference{}, rpc.ErrNoKey
	}
	d, err := c.differences.Update(ctx, in.ID, func(d *checkout.Difference) error {
		switch {
		case d.Resolved && d.By == a.User && d.Note == in.Note:
			return errSame
		case d.Resolved:
			return checkout.ErrResolved
		}
		d.Resolved, d.Note, d.By, d.ResolvedAt = true, in.Note, a.User, c.Now()
		return nil
	})
	switch {
	case errors.Is(err, errSame):
		err = nil
	case errors.Is(err, docdb.ErrNotFound):
		return checkout.Difference{}, checkout.ErrNoSuchDifference.Because(err)
	case err != nil:
		return checkout.Difference{}, err
	}
	return d, err
}
