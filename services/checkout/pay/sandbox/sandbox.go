// Package sandbox is a payment provider that moves no money: a shop can be
// tried, and tested, from the quote to the ledger. It behaves as a real one
// does: it has a page of its own to pay on, keeps its own records, tells of what
// happened by signed webhooks that it repeats until they are taken, and can be
// asked. Production refuses to start with it.
package sandbox

import (
	"context"
	"time"

	"meadow/services/checkout/pay"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// Name is what orders call the provider.
const Name = "sandbox"

// Bill is a payment as the hosted page shows it.
type Bill struct {
	ID      id.Payment  `json:"id" bson:"_id"`
	Title   string      `json:"title" bson:"title"`
	Amount  money.Money `json:"amount" bson:"amount"`
	Outcome pay.Outcome `json:"outcome" bson:"outcome"`
	Return  string      `json:"return" bson:"return"`
}

var (
	ErrNoSuchBill = errs.New(errs.NotFound, "no_such_bill", "This payment does not exist.")
	ErrSettled    = errs.New(errs.Precondition, "bill_settled", "This payment is already settled.")
)

// Service is the hosted page's side of the provider. Whoever knows a bill's id
// may look at it and pay it.
type Service interface {
	// Bill returns a bill, or ErrNoSuchBill.
	Bill(ctx context.Context, in ByBill) (Bill, error)
	// Settle pays a bill or declines it: ErrNoSuchBill; ErrSettled if it went the
	// other way before.
	Settle(ctx context.Context, in Settle) (Bill, error)
}

type (
	ByBill struct {
		ID id.Payment `path:"id" json:"-" max:"64"`
	}
	Settle struct {
		ID  id.Payment `path:"id" json:"-" max:"64"`
		Pay bool       `json:"pay"`
	}
)

// bill is a stored bill and what is still to be told of it.
type bill struct {
	Bill  `bson:",inline"`
	Tell  []pay.Fact `bson:"tell"`
	Tries int        `bson:"tries"`
	// Due is when to tell again; absent once everything was told.
	Due time.Time `bson:"due,omitempty"`
}
