// Package bargaincore implements bargain.Service, and promo.Source for bargains.
//
// The document of a bargain holds its secret cuts; whoever helps takes the next
// one in the same write that lowers the price. The places of an offer are one
// document too. What bounds a helper's day is claimed before, and given back if
// no cut came of it.
package bargaincore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
)

// Deps is what bargains need; every field is required.
type Deps struct {
	DB      docdb.Driver
	Jobs    *jobs.Runner
	Now     clock.Now
	Log     *slog.Logger
	Account account.Desk
	Catalog catalog.Service
}

// Core keeps bargains.
type Core struct {
	Deps
	offers    *docdb.Collection[offer]
	places    *docdb.Collection[places]
	bargains  *docdb.Collection[record]
	claims    *docdb.Collection[claim]
	days      *docdb.Collection[day]
	newcomers *docdb.Collection[newcomer]
}

var (
	_ bargain.Service = (*Core)(nil)
	_ promo.Source    = (*Core)(nil)
)

// offer is a stored offer.
type offer struct {
	bargain.Offer `bson:",inline"`
	Request       string    `bson:"request"` // what was asked when it was drafted
	MadeAt        time.Time `bson:"made_at"`
	All           bool      `bson:"all"` // true: an index over all of them
	KilledAt      time.Time `bson:"killed_at,omitempty"`
	// KillDue is when to end its bargains again; absent once all have.
	KillDue time.Time `bson:"kill_due,omitempty"`
}

// claim says what an order has of which bargains. Its id is the order's.
type claim struct {
	ID    id.Order `bson:"_id"`
	Buyer id.User  `bson:"buyer"`
	Items []item   `bson:"items"`
	Had   bool     `bson:"had"` // it has held all of them once: its prices were those of that moment
}

type item struct {
	Bargain string `bson:"bargain"`
	Price   int64  `bson:"price"` // that the order froze
}

// newcomer is somebody who has taken the one larger cut of a new user. Its id is
// one of their identities.
type newcomer struct {
	ID      string    `bson:"_id"`
	Bargain string    `bson:"bargain"`
	At      time.Time `bson:"at"`
}

// New opens the collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	var err, e error
	c.offers, e = docdb.Open[offer](ctx, d.DB, d.Now, docdb.Schema{Name: "bargain_offers", Indexes: []docdb.Index{
		{Name: "product", Keys: []string{"product", "made_at"}},
		{Name: "merchant", Keys: []string{"merchant", "made_at"}},
		{Name: "all", Keys: []string{"all", "made_at"}},
		{Name: "kill", Keys: []string{"kill_due"}},
	}})
	err = errors.Join(err, e)
	c.places, e = docdb.Open[places](ctx, d.DB, d.Now, docdb.Schema{Name: "bargain_places"})
	err = errors.Join(err, e)
	c.bargains, e = docdb.Open[record](ctx, d.DB, d.Now, docdb.Schema{Name: "bargain_bargains", Indexes: []docdb.Index{
		{Name: "due", Keys: []string{"due"}},
		{Name: "owner", Keys: []string{"owner", "begun_at"}},
		{Name: "offer", Keys: []string{"offer", "state", "ends_at"}},
	}})
	err = errors.Join(err, e)
	c.claims, e = docdb.Open[claim](ctx, d.DB, d.Now, docdb.Schema{Name: "bargain_claims"})
	err = errors.Join(err, e)
	c.days, e = docdb.Open[day](ctx, d.DB, d.Now, docdb.Schema{Name: "bargain_days", Expiry: "forget_at"})
	err = errors.Join(err, e)
	c.newcomers, e = docdb.Open[newcomer](ctx, d.DB, d.Now, docdb.Schema{Name: "bargain_newcomers"})
	if err = errors.Join(err, e); err != nil {
		return nil, fmt.Errorf("bargain: %w", err)
	}
	d.Jobs.Every("bargain.end", time.Second, c.endDue)
	d.Jobs.Every("bargain.kill", time.Second, c.killDue)
	return c, nil
}

// system is ctx with bargains themselves asking.
func system(ctx context.Context) context.Context { return actor.AsSystem(ctx, "bargain") }

// errSame ends an update that has nothing to change.
var errSame = errors.New("bargain: nothing to change")

// settled is the error of an update, without the one that says that all is done.
func settled(err error) error {
	switch {
	case errors.Is(err, errSame):
		return nil
	case errors.Is(err, docdb.ErrNotFound):
		return bargain.ErrNoSuchBargain.Because(err)
	}
	return err
}
