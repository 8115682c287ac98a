// Package ledger is the shop's double entry: where all money is and how it got
// there. An entry's postings sum to zero in every currency and never change; a
// correction is a new entry. Balances are derived.
package ledger

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
)

// Account names a pot of money, as "<kind>" or "<kind>:<owner>". A positive
// balance is money the shop has or is owed; a negative one is owed to the owner.
type Account string

// The kinds of account in use.
const (
	PSPReceivable  = "psp_receivable"  // with a payment provider, on its way to us
	Escrow         = "escrow"          // for a merchant, until delivery and the return window
	CommissionHeld = "commission_held" // for a creator, until the same instant
	FeeHeld        = "fee_held"        // for the platform, until the same instant
	RefundClearing = "refund_clearing" // on its way back to a buyer
)

// Of returns the account of that kind for owner.
func Of(kind, owner string) Account { return Account(kind + ":" + owner) }

// Posting is one side of an entry.
type Posting struct {
	Account Account     `json:"account" bson:"account" min:"1" max:"120"`
	Amount  money.Money `json:"amount" bson:"amount"`
}

// Kind says what an entry records.
type Kind string

const (
	Sale        Kind = "sale"         // an order was paid
	LatePayment Kind = "late_payment" // money came that no order can be served for
	Refund      Kind = "refund"       // money went back to its buyer
)

// Entry is one movement of money.
type Entry struct {
	ID       id.Entry  `json:"id" bson:"_id"`
	Kind     Kind      `json:"kind" bson:"kind"`
	Order    id.Order  `json:"order" bson:"order"`
	Postings []Posting `json:"postings" bson:"postings"`
	At       time.Time `json:"at" bson:"at"`
}

// Line is a posting as the owner of its account sees it. Amount is what the
// owner gained.
type Line struct {
	Entry  id.Entry    `json:"entry"`
	Kind   Kind        `json:"kind"`
	Order  id.Order    `json:"order"`
	Amount money.Money `json:"amount"`
	At     time.Time   `json:"at"`
}

// Trial is the sum of everything: Sums is zero in each currency, or money was
// made or lost.
type Trial struct {
	Entries  int64                   `json:"entries"`
	Sums     map[string]int64        `json:"sums"` // currency → minor units
	Accounts map[Account]money.Money `json:"accounts"`
}

var (
	ErrUnbalanced = errs.New(errs.Invalid, "unbalanced", "An entry's postings must sum to zero.")
	ErrReposted   = errs.New(errs.Conflict, "entry_differs", "This entry was posted before with other postings.")
)

// Service is the ledger.
type Service interface {
	// Post records an entry, once for each id: ErrUnbalanced, ErrReposted.
	Post(ctx context.Context, in Entry) (Entry, error)
	// Held returns what the caller has earned as a creator and not yet received.
	Held(ctx context.Context, in Owner) (Balance, error)
	// Lines pages through the movements of that account, latest first.
	Lines(ctx context.Context, in Owner) (page.Page[Line], error)
	// TrialBalance sums every posting. It reads them all.
	TrialBalance(ctx context.Context, in Whole) (Trial, error)
}

type (
	// Owner asks for the caller's own account. As is "creator" for commission and
	// "merchant" for what is in escrow for the caller's shop.
	Owner struct {
		page.Ask
		As string `query:"as" json:"-" enum:"creator,merchant"`
	}
	Balance struct {
		Held money.Money `json:"held"`
	}
	Whole struct{}
)
