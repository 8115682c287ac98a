package fullreductioncore

import (
	"context"
	"errors"
	"time"

	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// budget is what a campaign may still save. Left + Held + Spent = Limit at every
// instant, and each moves in one conditional change of this one document, which
// notes for whom: doing it again does nothing.
type budget struct {
	ID    string           `bson:"_id"` // the campaign's
	Limit int64            `bson:"limit"`
	Left  int64            `bson:"left"`
	Held  int64            `bson:"held"`
	Spent int64            `bson:"spent"`
	Holds map[string]int64 `bson:"holds"` // by order, of those not yet paid
	// Backs notes which orders gave back what they had spent, for as long as a twin
	// may be under way.
	Backs map[string]time.Time `bson:"backs"`
}

func hold(o id.Order) string { return "holds." + string(o) }

// hold takes amount for an order, or returns docdb.ErrRefused if there is not
// that much left.
func (c *Core) hold(ctx context.Context, campaign string, o id.Order, amount int64) error {
	_, err := c.budgets.UpdateIf(ctx, campaign,
		[]docdb.Cond{{Field: "left", Op: docdb.Gte, Value: amount}, {Field: hold(o), Op: docdb.Absent}},
		[]docdb.Change{
			{Field: "left", Verb: docdb.Add, Value: -amount},
			{Field: "held", Verb: docdb.Add, Value: amount},
			{Field: hold(o), Verb: docdb.Set, Value: amount},
		})
	if !errors.Is(err, docdb.ErrRefused) {
		return err
	}
	b, getErr := c.budgets.Get(ctx, campaign)
	if getErr != nil {
		return getErr
	}
	if _, ok := b.Holds[string(o)]; ok {
		return nil // an earlier try, or a twin, took it
	}
	return err
}

// letGo moves what an order holds to where it belongs: "left" or "spent".
func (c *Core) letGo(ctx context.Context, campaign string, o id.Order, amount int64, to string) error {
	_, err := c.budgets.UpdateIf(ctx, campaign,
		[]docdb.Cond{{Field: hold(o), Op: docdb.Present}},
		[]docdb.Change{
			{Field: "held", Verb: docdb.Add, Value: -amount},
			{Field: to, Verb: docdb.Add, Value: amount},
			{Field: hold(o), Verb: docdb.Remove},
		})
	if errors.Is(err, docdb.ErrRefused) {
		return nil // done before
	}
	return err
}

// backsFor is how long Backs remembers: longer than any call or delivery under
// way.
const backsFor = time.Hour

// comeBack moves what a paid order had spent to what is left, once.
func (c *Core) comeBack(ctx context.Context, campaign string, o id.Order, amount int64) error {
	_, err := c.budgets.Update(ctx, campaign, func(b *budget) error {
		now := c.Now()
		for order, at := range b.Backs {
			if now.Sub(at) > backsFor {
				delete(b.Backs, order)
			}
		}
		if _, done := b.Backs[string(o)]; done {
			return nil
		}
		if b.Backs == nil {
			b.Backs = map[string]time.Time{}
		}
		b.Backs[string(o)] = now
		if b.Left += amount; fault.On(fault.BudgetPassed) {
			return nil
		}
		if _, held := b.Holds[string(o)]; held { // it was paid, and not yet noted here
			delete(b.Holds, string(o))
			b.Held -= amount
		} else {
			b.Spent -= amount
		}
		return nil
	})
	return err
}

// unlimited is the limit of a campaign that has none any more.
const unlimited = 1 << 60

// setLimit changes what a campaign may save in all; never below what is held and
// spent. The campaign is not running.
func (c *Core) setLimit(ctx context.Context, campaign string, limit int64) error {
	_, err := c.budgets.Upsert(ctx, campaign, func(b *budget) error {
		if b.ID == "" {
			*b = budget{ID: campaign, Holds: map[string]int64{}, Backs: map[string]time.Time{}}
		}
		if limit < b.Held+b.Spent {
			return errOverspent
		}
		b.Left, b.Limit = limit-b.Held-b.Spent, limit
		return nil
	})
	return err
}

// errOverspent means that a limit is below what orders use already.
var errOverspent = errors.New("fullreduction: limit below what is used")
