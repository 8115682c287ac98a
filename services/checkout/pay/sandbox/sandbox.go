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
	// Challenge is that the payer's bank wants to hear ChallengeCode before it pays.
	Challenge bool `json:"challenge,omitempty" bson:"challenge,omitempty"`
	// Refunded is how much of it went back.
	Refunded money.Money `json:"refunded,omitzero" bson:"refunded,omitempty"`
}

// Mode is a way for the provider to misbehave, for whoever tries a shop.
type Mode string

const (
	Challenge     Mode = "challenge"      // the bank asks for a code, as 3-D Secure does
	Slow          Mode = "slow"           // the webhook comes after SlowBy
	Twice         Mode = "twice"          // each webhook comes twice
	Lost          Mode = "lost"           // no webhook comes; whoever asks is told
	RefuseRefunds Mode = "refuse_refunds" // the first tries of each refund fail
)

const (
	// ChallengeCode is what the bank wants to hear; it asks MaxCodes times.
	ChallengeCode = "123456"
	MaxCodes      = 3
	// SlowBy is how late a slow webhook is.
	SlowBy = time.Minute
	// refusals is how often a refund fails that is made to.
	refusals = 2
)

var (
	ErrNoSuchBill = errs.New(errs.NotFound, "no_such_bill", "This payment does not exist.")
	ErrWrongCode  = errs.New(errs.Invalid, "wrong_bank_code", "This is not the code that the bank sent.")
	ErrBusy       = errs.New(errs.Unavailable, "sandbox_busy", "The provider is busy. Please try again.")
	ErrSettled    = errs.New(errs.Precondition, "bill_settled", "This payment is already settled.")
)

// Service is the hosted page's side of the provider. Whoever knows a bill's id
// may look at it and pay it.
type Service interface {
	// Bill returns a bill, or ErrNoSuchBill.
	Bill(ctx context.Context, in ByBill) (Bill, error)
	// Settle pays a bill or declines it: ErrNoSuchBill; ErrSettled if it went the
	// other way before. Of a bill that is challenged, it is paid by the call that
	// brings the bank's code: ErrWrongCode, and after MaxCodes of them it is declined.
	Settle(ctx context.Context, in Settle) (Bill, error)
}

type (
	ByBill struct {
		ID id.Payment `path:"id" json:"-" max:"64"`
	}
	Settle struct {
		ID  id.Payment `path:"id" json:"-" max:"64"`
		Pay bool       `json:"pay"`
		// Mode makes this bill one that goes wrong; it is said with the first call.
		Mode Mode   `json:"mode,omitempty" enum:"challenge,slow,twice,lost,refuse_refunds"`
		Code string `json:"code,omitempty" max:"10"`
	}
)

// bill is a stored bill and what is still to be told of it.
type bill struct {
	Bill  `bson:",inline"`
	Tell  []pay.Fact `bson:"tell"`
	Tries int        `bson:"tries"`
	// Due is when to tell again; absent once everything was told.
	Due   time.Time `bson:"due,omitempty"`
	Mode  Mode      `bson:"mode,omitempty"`
	Codes int       `bson:"codes,omitempty"` // wrong ones so far
	Backs []part    `bson:"backs,omitempty"`
	// Unbooked is what moved and is not in the statement yet, since BookDue.
	Unbooked []movement `bson:"unbooked,omitempty"`
	BookDue  time.Time  `bson:"book_due,omitempty"`
	MovedAt  time.Time  `bson:"moved_at,omitempty"` // when it got its outcome
}

// part is a refund. One that was refused as often as it has to be has an instant.
type part struct {
	Refund  string    `bson:"refund"`
	Amount  int64     `bson:"amount"`
	Refused int       `bson:"refused,omitempty"`
	At      time.Time `bson:"at,omitempty"`
}
