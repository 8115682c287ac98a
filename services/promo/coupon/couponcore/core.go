// Package couponcore implements coupon.Service, and coupons as a promo.Source.
//
// A coupon's own document decides what becomes of it, by compare-and-set. What
// is counted beside it (a batch's quota, a person's share, a batch's purse)
// keeps an entry under the coupon's id and a token while a step is under way;
// the coupon says which token won, and settling takes the entry out for good or
// gives it back. So every step may be killed, done twice, or done by two at once.
package couponcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/promo/coupon"
)

// Catalog is what coupons ask the catalogue.
type Catalog interface {
	May(ctx context.Context, in catalog.May) (catalog.Allowed, error)
	ProductsByID(ctx context.Context, in catalog.ProductsByID) (catalog.ProductList, error)
}

// People is what coupons ask the front desk.
type People interface {
	Identities(ctx context.Context, in account.IdentitiesOf) (account.Identities, error)
}

// Deps is what coupons need; every field is required.
type Deps struct {
	DB      docdb.Driver
	Bus     bus.Bus
	Jobs    *jobs.Runner
	Now     clock.Now
	Log     *slog.Logger
	Account People
	Catalog Catalog
	// Currency is what amounts are in, as ISO 4217.
	Currency string
}

// Core is coupons.
type Core struct {
	Deps
	batches *docdb.Collection[batch]
	coupons *docdb.Collection[record]
	quotas  *docdb.Collection[quota]
	shares  *docdb.Collection[share]
	purses  *docdb.Collection[purse]
	orders  *docdb.Collection[order]
	buyers  *docdb.Collection[buyer]
	guesses *docdb.Collection[guess]
}

var _ coupon.Source = (*Core)(nil)

// batch is a stored batch.
type batch struct {
	coupon.Batch `bson:",inline"`
	Rev          int64  `bson:"edits"` // counts changes of its terms
	Request      string `bson:"request"`
	CodeKey      string `bson:"code_key,omitempty"`
}

// record is a stored coupon.
type record struct {
	ID       string      `bson:"_id"`
	Batch    string      `bson:"batch"`
	Rev      int64       `bson:"edits"` // of the batch
	Merchant id.Merchant `bson:"merchant"`
	User     id.User     `bson:"user"`
	Persons  []string    `bson:"persons"` // who its owner is, to limits
	State    state       `bson:"state"`
	// Shelf and SortAt are where its owner finds it: open by when it ends, used by
	// when it was. Absent of what is no coupon yet.
	Shelf      shelf     `bson:"shelf,omitempty"`
	SortAt     time.Time `bson:"sort_at,omitempty"`
	ClaimingAt time.Time `bson:"claiming_at,omitempty"` // absent once it is claimed
	Token      string    `bson:"token,omitempty"`       // of the place in the quota
	Why        string    `bson:"why,omitempty"`         // the claim was refused
	ClaimedAt  time.Time `bson:"claimed_at"`
	ExpiresAt  time.Time `bson:"expires_at"`
	// Order locked or used it until Until, with Lock in the purse; Last is the one
	// that was given up before.
	Order      id.Order  `bson:"order,omitempty"`
	Until      time.Time `bson:"until,omitempty"` // absent unless locked
	Lock       string    `bson:"lock,omitempty"`
	Last       string    `bson:"last,omitempty"`
	Amount     int64     `bson:"amount,omitempty"`
	UsedAt     time.Time `bson:"used_at,omitempty"`
	ReturnedAt time.Time `bson:"returned_at,omitempty"`
	// Before are the last orders that locked it: one that is paid late may have it
	// past its end.
	Before []id.Order `bson:"before,omitempty"`
	// Gone are orders that went back whole: they never take it again.
	Gone []id.Order `bson:"gone,omitempty"`
	// Owed is what the purse has yet to get back of Gone's last.
	Owed   int64     `bson:"owed,omitempty"`
	OwedAt time.Time `bson:"owed_at,omitempty"` // absent if nothing is
}

type state string

const (
	claiming state = "claiming" // the quota and the shares are being asked
	dropped  state = "dropped"  // one of them said no
	ready    state = "ready"
	locked   state = "locked"
	used     state = "used"
)

type shelf string

const (
	openShelf shelf = "open"
	usedShelf shelf = "used"
)

// order is what an order takes; its coupons say how far that has come.
type order struct {
	ID    id.Order `bson:"_id"`
	Buyer id.User  `bson:"buyer"`
	Uses  []use    `bson:"uses"`
	// Refused is that it was paid when one of its coupons was another's: it never
	// gets the rest of them either.
	Refused bool `bson:"refused,omitempty"`
}

type use struct {
	Coupon string `bson:"coupon"`
	Amount int64  `bson:"amount"`
}

// New opens the collections of coupons.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	var err error
	open(ctx, d, &c.batches, &err, docdb.Schema{Name: "coupon_batches", Indexes: []docdb.Index{
		{Name: "merchant", Keys: []string{"merchant", "created_at"}},
		{Name: "offered", Keys: []string{"merchant", "state", "claim_until"}},
		{Name: "open", Keys: []string{"state", "claim_until"}},
		{Name: "code", Keys: []string{"code_key"}, Unique: true},
	}})
	open(ctx, d, &c.coupons, &err, docdb.Schema{Name: "coupon_coupons", Indexes: []docdb.Index{
		{Name: "mine", Keys: []string{"user", "shelf", "sort_at"}},
		{Name: "claiming", Keys: []string{"claiming_at"}},
		{Name: "until", Keys: []string{"until"}},
		{Name: "owed", Keys: []string{"owed_at"}},
	}})
	open(ctx, d, &c.quotas, &err, docdb.Schema{Name: "coupon_quotas", Indexes: []docdb.Index{{Name: "pending", Keys: []string{"pending"}}}})
	open(ctx, d, &c.shares, &err, docdb.Schema{Name: "coupon_shares"})
	open(ctx, d, &c.purses, &err, docdb.Schema{Name: "coupon_purses", Indexes: []docdb.Index{{Name: "open", Keys: []string{"open"}}}})
	open(ctx, d, &c.orders, &err, docdb.Schema{Name: "coupon_orders"})
	open(ctx, d, &c.buyers, &err, docdb.Schema{Name: "coupon_buyers"})
	open(ctx, d, &c.guesses, &err, docdb.Schema{Name: "coupon_guesses", Expiry: "until"})
	if err != nil {
		return nil, fmt.Errorf("coupon: %w", err)
	}
	d.Jobs.Every("coupon.sweep", sweepEvery, c.sweep)
	d.Jobs.Every("coupon.settle", settleEvery, c.settleAll)
	return c, nil
}

// open opens a collection, unless one before it failed.
func open[T any](ctx context.Context, d Deps, c **docdb.Collection[T], err *error, s docdb.Schema) {
	if *err == nil {
		*c, *err = docdb.Open[T](ctx, d.DB, d.Now, s)
	}
}

// errMoved means that somebody else changed a coupon meanwhile.
var errMoved = errors.New("coupon: moved on")

// later is the first instant after now: what ends now has ended.
func (c *Core) later() time.Time { return c.Now().Add(time.Millisecond) }
