// Package pay is what the till asks of a payment provider. A card number never
// enters our processes: the shopper pays on the provider's own page.
package pay

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// Intent is money that we want.
type Intent struct {
	Payment id.Payment
	Order   id.Order
	Amount  money.Money
	Title   string // what for, in the shopper's words
	Return  string // where the shopper goes afterwards
}

// Outcome is how a payment stands at its provider.
type Outcome string

const (
	Waiting   Outcome = "waiting"
	Succeeded Outcome = "succeeded"
	Failed    Outcome = "failed"
	Refunded  Outcome = "refunded"
	// Unrefunded is said of a refund that the provider took, and that failed after.
	Unrefunded Outcome = "unrefunded"
)

// Fact is what a provider says of a payment. Event is unique to a webhook; the
// answer to Query has none.
type Fact struct {
	Event   string      `json:"event" bson:"event"`
	Payment id.Payment  `json:"payment" bson:"payment"`
	Outcome Outcome     `json:"outcome" bson:"outcome"`
	Amount  money.Money `json:"amount" bson:"amount"`
	At      time.Time   `json:"at" bson:"at"`
	// Refund is the one that failed.
	Refund string `json:"refund,omitempty" bson:"refund,omitempty"`
}

// SignatureWindow is how far a webhook's time may be from ours, either way.
const SignatureWindow = 300 * time.Second

var (
	// ErrSignature means that a message is not the provider's, or not of now.
	ErrSignature = errs.New(errs.Forbidden, "bad_signature", "This message was not signed by the provider.")
	// ErrTooMuch means that more is to go back than was paid and is left.
	ErrTooMuch = errs.New(errs.Precondition, "provider_refund_too_much", "That is more than is left of this payment.")
	// ErrNotYet means that a day's statement is not drawn up yet.
	ErrNotYet = errs.New(errs.Unavailable, "statement_not_yet", "The provider has not drawn up this statement yet.")
	// ErrUnknown means that the provider has no such payment.
	ErrUnknown = errs.New(errs.NotFound, "unknown_payment", "The provider does not know this payment.")
)

// Provider takes money. Every method may be called again with the same
// arguments, and then does nothing new.
type Provider interface {
	Name() string
	// Begin announces an intent and returns the page to pay on.
	Begin(ctx context.Context, in Intent) (url string, err error)
	// Read checks the signature over a webhook's bytes, and returns what it says:
	// ErrSignature. A message that is about no payment has a Fact without one.
	Read(body []byte, signature string) (Fact, error)
	// Query asks how a payment stands: ErrUnknown.
	Query(ctx context.Context, p id.Payment) (Fact, error)
	// RefundPart returns some of a succeeded payment to its buyer, or all of it, once
	// for each refund's id: ErrTooMuch if that would be more than is left. A payment
	// of which nothing is left is Refunded.
	RefundPart(ctx context.Context, in PartBack) error
	// Statement is every movement of one day (of UTC), as the provider sees it: those
	// so far of a day that is not over, or ErrNotYet.
	Statement(ctx context.Context, day time.Time) ([]Movement, error)
}

// PartBack is some of a payment that goes back.
type PartBack struct {
	Refund  string // its id
	Payment id.Payment
	Amount  money.Money
}

// Movement is a line of a provider's statement: Amount is what came in, negative
// what went out.
type Movement struct {
	Ref     string      `json:"ref" bson:"ref"` // the payment's id, or the refund's
	Payment id.Payment  `json:"payment" bson:"payment"`
	Amount  money.Money `json:"amount" bson:"amount"`
	Fee     money.Money `json:"fee" bson:"fee"` // that the provider kept of it
	At      time.Time   `json:"at" bson:"at"`
}
