// Package groupbuycore implements groupbuy.Service, and promo.Source for group
// buys.
//
// The document of a team decides who sits in it, whether it filled and whether
// it lapsed: each is one compare-and-set, and announces itself in the same write.
// Beside it an order has a ticket, which says which team it is for, and a person
// a quota for each offer. Both follow the team and may be written again.
package groupbuycore

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
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/platform/outbox"
	"meadow/services/promo"
	"meadow/services/promo/groupbuy"
)

// Deps is what group buys need; every field is required.
type Deps struct {
	DB      docdb.Driver
	Bus     bus.Bus
	Jobs    *jobs.Runner
	Now     clock.Now
	Log     *slog.Logger
	Account account.Desk
	Catalog catalog.Service
}

// Core keeps group buys.
type Core struct {
	Deps
	offers  *docdb.Collection[offer]
	teams   *docdb.Collection[team]
	tickets *docdb.Collection[ticket]
	quotas  *docdb.Collection[quota]
	buyers  *docdb.Collection[buyer]
	risks   *docdb.Collection[groupbuy.Risk]
	relay   *outbox.Relay[team]
}

var (
	_ groupbuy.Service = (*Core)(nil)
	_ promo.Source     = (*Core)(nil)
)

// offer is a stored offer.
type offer struct {
	groupbuy.Offer `bson:",inline"`
	Request        string    `bson:"request"` // what was asked when it was drafted
	MadeAt         time.Time `bson:"made_at"`
	All            bool      `bson:"all"` // true: an index over all of them
	KilledAt       time.Time `bson:"killed_at,omitempty"`
	// KillDue is when to lapse its open teams again; absent once all have.
	KillDue time.Time `bson:"kill_due,omitempty"`
}

// ticket says what an order has of which team. Its id is the order's.
type ticket struct {
	ID    id.Order    `bson:"_id"`
	Team  string      `bson:"team"`
	Offer string      `bson:"offer"`
	Buyer id.User     `bson:"buyer"`
	N     int64       `bson:"n"`
	Opens bool        `bson:"opens"` // it opens the team
	Fresh bool        `bson:"fresh"` // it sits on a seat for new buyers
	As    []string    `bson:"as"`    // the buyer's identities
	Until time.Time   `bson:"until"`
	State ticketState `bson:"state"`
	Back  bool        `bson:"back"` // its money went back once the team had filled
	At    time.Time   `bson:"at"`
}

type ticketState string

const (
	held ticketState = "held"
	paid ticketState = "paid"
	gone ticketState = "gone" // released, or refunded before the team filled
)

// buyer is somebody who has bought here. Its id is one of their identities.
type buyer struct {
	ID    string    `bson:"_id"`
	Order id.Order  `bson:"order"` // their first that we heard of
	At    time.Time `bson:"at"`
}

// New opens the collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	var err, e error
	c.offers, e = docdb.Open[offer](ctx, d.DB, d.Now, docdb.Schema{Name: "groupbuy_offers", Indexes: []docdb.Index{
		{Name: "product", Keys: []string{"product", "made_at"}},
		{Name: "merchant", Keys: []string{"merchant", "made_at"}},
		{Name: "all", Keys: []string{"all", "made_at"}},
		{Name: "kill", Keys: []string{"kill_due"}},
	}})
	err = errors.Join(err, e)
	c.teams, e = docdb.Open[team](ctx, d.DB, d.Now, docdb.Schema{Name: "groupbuy_teams", Expiry: "forget_at", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "due", Keys: []string{"due"}},
		{Name: "product", Keys: []string{"product", "state", "ends_at"}},
		{Name: "offer", Keys: []string{"offer", "state", "ends_at"}},
	}})
	err = errors.Join(err, e)
	c.tickets, e = docdb.Open[ticket](ctx, d.DB, d.Now, docdb.Schema{Name: "groupbuy_tickets", Indexes: []docdb.Index{
		{Name: "buyer", Keys: []string{"buyer", "at"}},
		{Name: "buyer_state", Keys: []string{"buyer", "state", "at"}},
	}})
	err = errors.Join(err, e)
	c.quotas, e = docdb.Open[quota](ctx, d.DB, d.Now, docdb.Schema{Name: "groupbuy_quotas"})
	err = errors.Join(err, e)
	c.buyers, e = docdb.Open[buyer](ctx, d.DB, d.Now, docdb.Schema{Name: "groupbuy_buyers"})
	err = errors.Join(err, e)
	c.risks, e = docdb.Open[groupbuy.Risk](ctx, d.DB, d.Now, docdb.Schema{Name: "groupbuy_risks", Indexes: []docdb.Index{
		{Name: "reason", Keys: []string{"reason", "ratio"}},
	}})
	if err = errors.Join(err, e); err != nil {
		return nil, fmt.Errorf("groupbuy: %w", err)
	}
	c.relay = outbox.NewRelay(c.teams, "groupbuy_teams", func(t *team) *outbox.Box { return &t.Box }, outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log})
	d.Jobs.Every("groupbuy.lapse", time.Second, c.lapseDue)
	d.Jobs.Every("groupbuy.kill", time.Second, c.killDue)
	return c, nil
}

// system is ctx with group buys themselves asking.
func system(ctx context.Context) context.Context { return actor.AsSystem(ctx, "groupbuy") }
