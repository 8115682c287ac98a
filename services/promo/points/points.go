// Package points is what the shop gives back for buying: points, kept for each
// person as a ledger of their own.
//
// A paid order brings points that are pending until its return window closes;
// then they are the buyer's for Lasts. An order pays with points by reserving
// them, burning them once it is paid, and giving them back with their expiry if
// it is refunded. The oldest are used first, and expire first. A refund takes
// pending points away, and takes back those that had matured: who has spent them
// by then owes them.
package points

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
)

const (
	// Lasts is how many months points are good for.
	Lasts = 12
	// Grace is how long points that a refund gives back are good for at least: who
	// could not use them meanwhile shall not lose them by it.
	Grace = 30 * 24 * time.Hour
)

// Settings are the shop's.
type Settings struct {
	// Worth is what a hundred points pay for.
	Worth money.Money
	// Earn is how many points a purchase brings: so much of what was paid for goods,
	// a point for each hundred minor units. At money.Whole 1.00 brings one point.
	Earn money.Rate
	// Most is what share of goods may be paid with points.
	Most money.Rate
}

// Balance is a person's points. Their total is one document's: in all they got
// is what they have, what is reserved, and what is gone.
type Balance struct {
	Available int64       `json:"available"`
	Reserved  int64       `json:"reserved"` // by orders that are not paid yet
	Pending   int64       `json:"pending"`  // until return windows close
	Owed      int64       `json:"owed"`     // taken back after they were spent; the next ones pay it
	Worth     money.Money `json:"worth"`    // of what is available
	Hundred   money.Money `json:"hundred"`  // what a hundred are worth
	// Soon is how many are lost by Until, if they are not used: the next to expire.
	Soon  int64     `json:"soon,omitempty"`
	Until time.Time `json:"until,omitzero"`
}

// Cause is why points moved.
type Cause string

const (
	Pending  Cause = "pending"  // an order was paid; they are on their way
	Voided   Cause = "voided"   // it was refunded before they matured
	Earned   Cause = "earned"   // they matured
	Back     Cause = "taken"    // the order was refunded after they matured
	Burned   Cause = "burned"   // an order was paid with them
	Restored Cause = "restored" // and refunded
	Expired  Cause = "expired"
	Granted  Cause = "granted" // by an operator
)

// Move is one movement. Those of Pending and Voided change what is pending, the
// others what is available.
type Move struct {
	ID     string    `json:"id" bson:"_id"`
	User   id.User   `json:"-" bson:"user"`
	Cause  Cause     `json:"cause" bson:"cause"`
	N      int64     `json:"n" bson:"n"` // negative if they are gone
	Order  id.Order  `json:"order,omitempty" bson:"order,omitempty"`
	Note   string    `json:"note,omitempty" bson:"note,omitempty"`
	At     time.Time `json:"at" bson:"at"`
	Expiry time.Time `json:"expires_at,omitzero" bson:"expires_at,omitempty"`
}

// What of it the ledger says: the shop owes what points are worth from when they
// mature until they are gone.
const (
	Entry     ledger.Kind = "points"
	Liability             = "points_liability"
	Cost                  = "promo_cost"
)

var (
	ErrNone   = errs.New(errs.Precondition, "not_enough_points", "You do not have that many points.")
	ErrNoUser = errs.New(errs.Invalid, "points_for_nobody", "Points are granted to somebody.")
)

// Service is points.
type Service interface {
	// Balance returns the caller's.
	Balance(ctx context.Context, in Mine) (Balance, error)
	// History pages through the caller's movements, latest first.
	History(ctx context.Context, in page.Ask) (page.Page[Move], error)
	// Grant gives somebody points for a reason, once for each request id.
	Grant(ctx context.Context, in Grant) (Move, error)
}

type (
	Mine  struct{}
	Grant struct {
		User      id.User `json:"user" min:"1" max:"64"`
		N         int64   `json:"n" min:"1" max:"1000000"`
		Note      string  `json:"note" min:"1" max:"200"`
		RequestID string  `header:"Idempotency-Key" json:"-"`
	}
)
