// Package pointscore implements points.Service, and promo.Source for paying with
// points.
//
// Two documents decide. An order's says what the order brings and what became of
// it, and writes down each change to the points of its buyer as a step, in the
// same write. A person's account takes each step once. Killed in between, the
// next event, the next call or the job goes on.
package pointscore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/ledger"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/promo"
	"meadow/services/promo/points"
	"meadow/services/promo/window"
)

// Poster is what points ask of the ledger.
type Poster interface {
	Post(ctx context.Context, in ledger.Entry) (ledger.Entry, error)
}

// Deps is what points need; every field is required.
type Deps struct {
	DB       docdb.Driver
	Bus      bus.Bus
	Jobs     *jobs.Runner
	Now      clock.Now
	Log      *slog.Logger
	Ledger   Poster
	Settings points.Settings
}

// Core is points.
type Core struct {
	Deps
	orders   *docdb.Collection[order]
	accounts *docdb.Collection[account]
	moves    *docdb.Collection[points.Move]
}

var (
	_ points.Service = (*Core)(nil)
	_ promo.Source   = (*Core)(nil)
)

const (
	// grace is how long whoever began something has to end it before the job does.
	grace = 3 * time.Second
	// atOnce is how much of one thing the job does in one run.
	atOnce = 500
	// Rule is the id of the one rule there is.
	Rule = "points"
)

// order is what an order does to points.
type order struct {
	window.Order `bson:",inline"`
	Asked        int64     `bson:"asked"` // points to pay with
	Burn         []lot     `bson:"burn,omitempty"`
	Restored     int64     `bson:"restored"`
	Returns      []string  `bson:"returns,omitempty"` // requests that gave points back
	Brings       int64     `bson:"brings"`            // as frozen
	Granted      int64     `bson:"granted"`           // what of it is pending or matured now
	Counted      bool      `bson:"counted"`           // Brings is known
	Matured      bool      `bson:"matured"`
	Steps        []step    `bson:"steps,omitempty"` // decided, and not known to be taken
	Due          time.Time `bson:"due,omitempty"`
}

// New opens the collections and declares the job.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	var err, e error
	due := docdb.Index{Name: "due", Keys: []string{"due"}}
	c.orders, e = docdb.Open[order](ctx, d.DB, d.Now, docdb.Schema{Name: "points_orders", Indexes: []docdb.Index{due}})
	err = errors.Join(err, e)
	c.accounts, e = docdb.Open[account](ctx, d.DB, d.Now, docdb.Schema{Name: "points_accounts", Indexes: []docdb.Index{due}})
	err = errors.Join(err, e)
	c.moves, e = docdb.Open[points.Move](ctx, d.DB, d.Now, docdb.Schema{Name: "points_moves", Indexes: []docdb.Index{
		{Name: "user", Keys: []string{"user", "at"}},
	}})
	if err = errors.Join(err, e); err != nil {
		return nil, fmt.Errorf("points: %w", err)
	}
	d.Jobs.Every("points.settle", 10*time.Second, c.Settle)
	return c, nil
}

// expiry is when points that come now are lost: at the end of the day a year
// from now, so that those of one day are one lot.
func expiry(now time.Time) time.Time {
	y, m, d := now.UTC().AddDate(0, points.Lasts, 0).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
}

// change changes an account, which keeps its own sums, and puts its movements on
// record.
func (c *Core) change(ctx context.Context, who id.User, f func(*account) error) (account, error) {
	a, err := c.accounts.Upsert(ctx, string(who), func(a *account) error {
		a.User = who
		a.tidy(c.Now())
		if err := f(a); err != nil {
			return err
		}
		a.schedule(c.Now())
		return a.sound()
	})
	if err != nil {
		return a, err
	}
	if err := c.flush(ctx, a); err != nil { // the job tries again
		c.Log.WarnContext(ctx, "movements of points not on record yet", "user", who, "err", err)
	}
	return a, nil
}

// flush puts movements on record and in the ledger, then takes them out of the
// account.
func (c *Core) flush(ctx context.Context, a account) error {
	if len(a.Moves) == 0 {
		return nil
	}
	done := map[string]bool{}
	for _, m := range a.Moves {
		if err := c.moves.Insert(ctx, m.ID, m); err != nil && !errors.Is(err, docdb.ErrExists) {
			return err
		}
		if err := c.book(ctx, m); err != nil {
			return err
		}
		done[m.ID] = true
	}
	_, err := c.accounts.Update(ctx, string(a.User), func(a *account) error {
		left := a.Moves[:0:0]
		for _, m := range a.Moves {
			if !done[m.ID] {
				left = append(left, m)
			}
		}
		if len(left) == len(a.Moves) {
			return errSame
		}
		a.Moves = left
		a.schedule(c.Now())
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// errSame ends an update that has nothing to change.
var errSame = errors.New("points: nothing to change")

// book tells the ledger what the shop owes more, or less, for a movement. What
// orders are paid with, and given back, is in their own entries.
func (c *Core) book(ctx context.Context, m points.Move) error {
	switch m.Cause {
	case points.Earned, points.Granted, points.Back, points.Expired:
	default:
		return nil
	}
	worth, err := c.worth(m.N)
	if err != nil || worth.IsZero() {
		return err
	}
	_, err = c.Ledger.Post(ctx, ledger.Entry{
		ID: id.Entry(id.Derive("ent", string(points.Entry), m.ID)), Kind: points.Entry, Order: m.Order,
		Postings: []ledger.Posting{
			{Account: ledger.Of(points.Cost, "platform"), Amount: worth},
			{Account: ledger.Of(points.Liability, "platform"), Amount: worth.Neg()},
		},
	})
	return err
}
