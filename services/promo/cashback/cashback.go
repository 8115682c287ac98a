// Package cashback pays a part of a purchase back: not as a lower price, but
// into the buyer's wallet, once nobody can send the goods back any more.
//
// A campaign has a budget, and never promises more than that. What it promises
// for an order is reserved when the order is paid, shown as pending, and paid
// when the return window has closed. A refund takes back its share: what a
// refund takes back does not return to the budget, which says how much may be
// promised.
package cashback

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
)

// Campaign is an offer of cashback.
type Campaign struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Rate      money.Rate    `json:"rate"`            // of what was paid for goods
	Most      money.Money   `json:"most"`            // for one order
	Least     money.Money   `json:"least,omitzero"`  // goods must come to
	Merchants []id.Merchant `json:"merchants"`       // whose goods count; none: all
	Budget    money.Money   `json:"budget,omitzero"` // for operators' eyes, as Left
	Left      money.Money   `json:"left,omitzero"`
	PerPerson int           `json:"per_person"` // orders
	StartsAt  time.Time     `json:"starts_at"`
	EndsAt    time.Time     `json:"ends_at"`
	State     State         `json:"state"`
}

// State is how far a campaign has got.
//
//	draft → on → stopped
type State string

const (
	Draft   State = "draft"
	On      State = "on"
	Stopped State = "stopped" // what it has promised stays promised
)

// Grant is what an order brings back.
type Grant struct {
	Order    id.Order    `json:"order"`
	Campaign string      `json:"campaign"`
	Name     string      `json:"name"`   // of the campaign
	Amount   money.Money `json:"amount"` // promised
	Now      money.Money `json:"now"`    // what of it refunds have left
	Stage    Stage       `json:"stage"`
	At       time.Time   `json:"at"`
	DueAt    time.Time   `json:"due_at,omitzero"` // when it is paid, once that is known
	PaidAt   time.Time   `json:"paid_at,omitzero"`
}

// Stage is how far a grant has got.
//
//	asking → pending → paid
//	asking → refused
//	pending | paid → reversed      all of it went back
type Stage string

const (
	Asking   Stage = "asking"
	Pending  Stage = "pending"
	Paid     Stage = "paid"
	Reversed Stage = "reversed"
	Refused  Stage = "refused" // the budget was used up, or the person had enough
)

// MaxRate bounds what a mistyped campaign costs.
const MaxRate money.Rate = 5000

// What of it the ledger says.
const (
	Entry  ledger.Kind = "cashback"
	Held               = "cashback_held" // for a user, until the return window closes
	Wallet             = "wallet"        // of a user
	Cost               = "promo_cost"
)

var (
	ErrNoSuch = errs.New(errs.NotFound, "no_such_cashback", "This cashback campaign does not exist.")
	ErrPlan   = errs.New(errs.Invalid, "cashback_plan", "This campaign's numbers do not fit together.")
	ErrState  = errs.New(errs.Precondition, "cashback_state", "This campaign has already begun or ended.")
)

// Service is cashback.
type Service interface {
	// Offers returns what is on now, the highest rate first, at most 50.
	Offers(ctx context.Context, in AskOffers) (OfferList, error)
	// Mine pages through what the caller's orders bring back, latest first.
	Mine(ctx context.Context, in page.Ask) (page.Page[Grant], error)

	// Draft makes a campaign, once for each request id: ErrPlan.
	Draft(ctx context.Context, in Plan) (Campaign, error)
	// Start lets it promise, Stop ends that: ErrNoSuch, ErrState.
	Start(ctx context.Context, in ByID) (Campaign, error)
	Stop(ctx context.Context, in ByID) (Campaign, error)
	// Campaigns pages through all, latest first.
	Campaigns(ctx context.Context, in page.Ask) (page.Page[Campaign], error)
	// Grants pages through what a campaign has promised, latest first: ErrNoSuch.
	Grants(ctx context.Context, in ByCampaign) (page.Page[Grant], error)
}

type (
	AskOffers struct {
		Merchant id.Merchant `query:"merchant" json:"-" max:"64"` // whose goods; "" for all
	}
	OfferList struct {
		Items []Campaign `json:"items"`
	}
	Plan struct {
		Name      string        `json:"name" min:"1" max:"60"`
		Rate      money.Rate    `json:"rate" min:"1" max:"5000"`
		Most      money.Money   `json:"most"`
		Least     money.Money   `json:"least,omitzero"`
		Merchants []id.Merchant `json:"merchants" max:"200"`
		Budget    money.Money   `json:"budget"`
		PerPerson int           `json:"per_person" min:"1" max:"100"`
		StartsAt  time.Time     `json:"starts_at"`
		EndsAt    time.Time     `json:"ends_at"`
		RequestID string        `header:"Idempotency-Key" json:"-"`
	}
	ByID struct {
		ID string `path:"id" json:"-" max:"64"`
	}
	ByCampaign struct {
		page.Ask
		ID string `path:"id" json:"-" max:"64"`
	}
)
