package fullreductioncore

import (
	"context"
	"errors"
	"slices"
	"time"

	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// Consumer is the campaigns' name on the bus.
const Consumer = "fullreduction"

// Run counts paid orders until ctx ends.
func (c *Core) Run(ctx context.Context) error {
	err := bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, e checkout.OrderData) error {
		return c.Paid(ctx, e)
	})
	if err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// result is one paid order of a campaign. It is inserted once, and never changes.
type result struct {
	ID       string    `bson:"_id"`
	Campaign string    `bson:"campaign"`
	Order    id.Order  `bson:"order"`
	Saved    int64     `bson:"saved"`
	At       time.Time `bson:"at"`
}

// total is the sum of a campaign's results before Upto.
type total struct {
	ID     string    `bson:"_id"` // the campaign's
	Orders int64     `bson:"orders"`
	Saved  int64     `bson:"saved"`
	Upto   time.Time `bson:"upto"`
}

// Paid is told of an order that was paid.
func (c *Core) Paid(ctx context.Context, e checkout.OrderData) error {
	for _, s := range e.Savings {
		if !slices.Contains(kinds, s.Kind) {
			continue
		}
		r := result{ID: id.Derive("cmr", s.Rule, string(e.Order)), Campaign: s.Rule, Order: e.Order, Saved: s.Amount.Amount, At: c.Now()}
		if err := c.results.Insert(ctx, r.ID, r); err != nil && !errors.Is(err, docdb.ErrExists) {
			return err
		}
	}
	return nil
}

// settled is after how long no result with an earlier instant can still come in:
// longer than any call lives.
const settled = time.Minute

// count sums a campaign's results. What is settled is added to its total, in one
// write that says up to when; the rest is counted each time.
func (c *Core) count(ctx context.Context, campaign string) (orders, saved int64, err error) {
	t, err := c.totals.Get(ctx, campaign)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return 0, 0, err
	}
	before, upto := t.Upto, c.Now().Add(-settled)
	t.ID = campaign
	orders, saved = t.Orders, t.Saved
	q := docdb.Query{Index: "campaign", Equal: []any{campaign}, From: t.Upto, Limit: 500}
	if t.Upto.IsZero() {
		q.From = nil
	}
	for {
		p, err := c.results.Find(ctx, q)
		if err != nil {
			return 0, 0, err
		}
		for _, r := range p.Items {
			orders, saved = orders+1, saved+r.Saved
			if r.At.Before(upto) {
				t.Orders, t.Saved = t.Orders+1, t.Saved+r.Saved
			}
		}
		if p.Next == "" {
			break
		}
		q.After = p.Next
	}
	if !upto.After(before) || t.Orders == 0 {
		return orders, saved, nil
	}
	_, err = c.totals.Upsert(ctx, campaign, func(x *total) error {
		if !x.Upto.Equal(before) {
			return errCounted
		}
		*x = total{ID: campaign, Orders: t.Orders, Saved: t.Saved, Upto: upto}
		return nil
	})
	if errors.Is(err, errCounted) {
		err = nil
	}
	return orders, saved, err
}

// errCounted means that somebody else added the same results first.
var errCounted = errors.New("fullreduction: counted already")
