// Package cashbackcore implements cashback.Service.
//
// An order's document decides what the order brings back, and holds the ledger's
// entries that follow until they are posted. The budget is one number of the
// campaign's document, taken from by a conditional change.
//
// Taking from the budget and knowing it of the order are two documents. So each
// try to take leaves a mark in the campaign, under a name of its own; the order
// knows the one try that counts. A mark that the order knows is removed, any
// other is undone: by whoever tried, or by the job.
package cashbackcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/promo/cashback"
	"meadow/services/promo/window"
)

// Poster is what cashback asks of the ledger.
type Poster interface {
	Post(ctx context.Context, in ledger.Entry) (ledger.Entry, error)
}

// Deps is what cashback needs; every field is required.
type Deps struct {
	DB       docdb.Driver
	Bus      bus.Bus
	Jobs     *jobs.Runner
	Now      clock.Now
	Log      *slog.Logger
	Ledger   Poster
	Currency string
}

// Core is cashback.
type Core struct {
	Deps
	campaigns *docdb.Collection[campaign]
	orders    *docdb.Collection[order]
	places    *docdb.Collection[place]
}

var _ cashback.Service = (*Core)(nil)

const (
	grace  = 3 * time.Second // for whoever began something to end it before the job does
	atOnce = 500             // of one thing, in one run of the job
	most   = 50              // campaigns that are on at a time
)

type campaign struct {
	ID        string          `bson:"_id"`
	Name      string          `bson:"name"`
	Rate      money.Rate      `bson:"rate"`
	Most      money.Money     `bson:"most"`
	Least     money.Money     `bson:"least"`
	Merchants []id.Merchant   `bson:"merchants"`
	Budget    money.Money     `bson:"budget"`
	Left      int64           `bson:"left"`
	PerPerson int             `bson:"per_person"`
	StartsAt  time.Time       `bson:"starts_at"`
	EndsAt    time.Time       `bson:"ends_at"`
	State     cashback.State  `bson:"state"`
	At        time.Time       `bson:"at"`
	Tries     map[string]mark `bson:"tries"` // that an order may not know yet
	Due       time.Time       `bson:"due,omitempty"`
}

// mark is one try to take from the budget.
type mark struct {
	Order  id.Order  `bson:"order"`
	Amount int64     `bson:"amount"`
	At     time.Time `bson:"at"`
}

// order is a paid order and what it brings back.
type order struct {
	window.Order `bson:",inline"`
	Campaign     string         `bson:"campaign,omitempty"`
	Name         string         `bson:"name,omitempty"`
	Merchants    []id.Merchant  `bson:"merchants,omitempty"` // whose lines count
	Amount       money.Money    `bson:"amount,omitempty"`
	Current      int64          `bson:"current"` // what refunds have left of it
	Stage        cashback.Stage `bson:"stage,omitempty"`
	Try          string         `bson:"try,omitempty"` // the one that counts
	GrantedAt    time.Time      `bson:"granted_at,omitempty"`
	DueAt        time.Time      `bson:"due_at,omitempty"`
	DoneAt       time.Time      `bson:"done_at,omitempty"`
	Entries      []ledger.Entry `bson:"entries,omitempty"` // decided, and not known to be posted
	Due          time.Time      `bson:"due,omitempty"`
}

// place is one of the orders that a campaign serves a person.
type place struct {
	ID    string   `bson:"_id"`
	Order id.Order `bson:"order"`
}

// New opens the collections and declares the job.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	var err, e error
	due := docdb.Index{Name: "due", Keys: []string{"due"}}
	c.campaigns, e = docdb.Open[campaign](ctx, d.DB, d.Now, docdb.Schema{Name: "cashback_campaigns", Indexes: []docdb.Index{
		due, {Name: "at", Keys: []string{"at"}}, {Name: "state", Keys: []string{"state", "ends_at"}},
	}})
	err = errors.Join(err, e)
	c.orders, e = docdb.Open[order](ctx, d.DB, d.Now, docdb.Schema{Name: "cashback_orders", Indexes: []docdb.Index{
		due, {Name: "buyer", Keys: []string{"buyer", "granted_at"}}, {Name: "campaign", Keys: []string{"campaign", "granted_at"}},
	}})
	err = errors.Join(err, e)
	c.places, e = docdb.Open[place](ctx, d.DB, d.Now, docdb.Schema{Name: "cashback_places"})
	if err = errors.Join(err, e); err != nil {
		return nil, fmt.Errorf("cashback: %w", err)
	}
	d.Jobs.Every("cashback.settle", 10*time.Second, c.Settle)
	return c, nil
}

// errSame ends an update that has nothing to change.
var errSame = errors.New("cashback: nothing to change")
