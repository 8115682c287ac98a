// Package coupon is 优惠券. A shop or the platform issues a batch; a person claims
// a coupon of it, and redeems it with an order.
//
// A coupon is ready until an order locks it; the order redeems it by being paid,
// or gives it back by not being. If the whole of a paid order goes back, so does
// its coupon, with the time it had left. How many there are, how many one person
// may have, over all their accounts, and what all savings of a batch may come to
// hold however many ask at once.
package coupon

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/promo"
)

// Terms are what a batch promises. They stand once it has been started.
type Terms struct {
	Name  string       `json:"name" bson:"name" min:"1" max:"60"`
	Tiers []promo.Tier `json:"tiers" bson:"tiers" min:"1" max:"5"` // by rising Over
	Most  money.Money  `json:"most,omitzero" bson:"most,omitempty"`
	// Products and Categories are what it is for: lines of one or the other. None of
	// either means all that its scope has.
	Products   []id.Product `json:"products,omitempty" bson:"products,omitempty" max:"200"`
	Categories []string     `json:"categories,omitempty" bson:"categories,omitempty" max:"40"`
	Total      int64        `json:"total" bson:"total" min:"1" max:"10000000"`      // coupons in all
	PerPerson  int64        `json:"per_person" bson:"per_person" min:"1" max:"100"` // of them
	// ClaimFrom and ClaimUntil are when coupons can be claimed.
	ClaimFrom  time.Time `json:"claim_from" bson:"claim_from"`
	ClaimUntil time.Time `json:"claim_until" bson:"claim_until"`
	// A coupon is good for ValidDays from its claim, and never after ValidUntil: one
	// of them is set, or both.
	ValidDays  int64     `json:"valid_days,omitempty" bson:"valid_days,omitempty" min:"0" max:"3650"`
	ValidUntil time.Time `json:"valid_until,omitzero" bson:"valid_until,omitempty"`
	// NewOnly is for those who never bought: of the shop, or of anybody here.
	NewOnly bool `json:"new_only,omitempty" bson:"new_only,omitempty"`
	// Code is what claims one, for batches that are not open to everybody. Case and
	// spaces in it do not matter.
	Code string `json:"code,omitempty" bson:"code,omitempty" max:"32"`
	// Platform is what of each saving the platform bears: only an operator may set
	// it for a shop.
	Platform money.Rate `json:"platform,omitempty" bson:"platform,omitempty" min:"0" max:"10000"`
	// Budget bounds all that the batch ever saves; zero means no bound.
	Budget money.Money `json:"budget,omitzero" bson:"budget,omitempty"`
	// Alone and Apart say what it does not go with: see promo.Rule.
	Alone bool         `json:"alone,omitempty" bson:"alone,omitempty"`
	Apart []promo.Kind `json:"apart,omitempty" bson:"apart,omitempty" max:"10"`
}

// Batch is an issue of coupons, as whoever issues it sees it.
type Batch struct {
	ID        string      `json:"id" bson:"_id"`
	Scope     promo.Scope `json:"scope" bson:"scope"`
	Merchant  id.Merchant `json:"merchant,omitempty" bson:"merchant"`
	Terms     `bson:",inline"`
	State     State     `json:"state" bson:"state"`
	Counts    Counts    `json:"counts" bson:"-"` // filled on reading one
	CreatedAt time.Time `json:"created_at" bson:"created_at"`
	UpdatedAt time.Time `json:"updated_at" bson:"updated_at"`
}

// State is whether a batch can be claimed and used.
//
//	draft → active → stopped → active
//	active | stopped → killed
type State string

const (
	Draft   State = "draft"
	Active  State = "active"
	Stopped State = "stopped" // nobody claims; what was claimed is good
	Killed  State = "killed"  // nobody claims, and nothing is locked for an order any more
)

// Counts are a batch's coupons: Total = Left + Claimed.
type Counts struct {
	Left     int64       `json:"left"`
	Claimed  int64       `json:"claimed"`
	Locked   int64       `json:"locked"`   // by orders that are not paid yet
	Used     int64       `json:"used"`     // redeemed, and not returned
	Returned int64       `json:"returned"` // times that one came back
	Spent    money.Money `json:"spent"`    // saved by those used
}

// Coupon is one of a batch, as whoever claimed it sees it.
type Coupon struct {
	ID         string       `json:"id"`
	Batch      string       `json:"batch"`
	Scope      promo.Scope  `json:"scope"`
	Merchant   id.Merchant  `json:"merchant,omitempty"`
	Name       string       `json:"name"`
	Tiers      []promo.Tier `json:"tiers"`
	Most       money.Money  `json:"most,omitzero"`
	Products   []id.Product `json:"products,omitempty"`
	Categories []string     `json:"categories,omitempty"`
	State      Shelf        `json:"state"`
	Order      id.Order     `json:"order,omitempty"` // that locked or used it
	ClaimedAt  time.Time    `json:"claimed_at"`
	ExpiresAt  time.Time    `json:"expires_at"`
	UsedAt     time.Time    `json:"used_at,omitzero"`
	ReturnedAt time.Time    `json:"returned_at,omitzero"`
}

// Shelf is where a coupon's owner finds it.
type Shelf string

const (
	Ready   Shelf = "ready"
	Locked  Shelf = "locked" // by an order that waits for payment; listed with those that are ready
	Used    Shelf = "used"
	Expired Shelf = "expired" // or its batch was killed
)

// Offer is a batch as shoppers see it.
type Offer struct {
	Batch      string       `json:"batch"`
	Scope      promo.Scope  `json:"scope"`
	Merchant   id.Merchant  `json:"merchant,omitempty"`
	Name       string       `json:"name"`
	Tiers      []promo.Tier `json:"tiers"`
	Most       money.Money  `json:"most,omitzero"`
	Products   []id.Product `json:"products,omitempty"`
	Categories []string     `json:"categories,omitempty"`
	NewOnly    bool         `json:"new_only,omitempty"`
	ClaimUntil time.Time    `json:"claim_until"`
	ValidDays  int64        `json:"valid_days,omitempty"`
	ValidUntil time.Time    `json:"valid_until,omitzero"`
	Left       int64        `json:"left"`
	PerPerson  int64        `json:"per_person"`
	Mine       int64        `json:"mine"` // that the asker has claimed
	// Claimable says that the asker can claim one now; Why says why not, as the
	// reason of the error that Claim would answer.
	Claimable bool   `json:"claimable"`
	Why       string `json:"why,omitempty"`
}

// Reasons of a promo.Rule's Refuse beside those of promo.
const (
	InUse   = "coupon_in_use"   // an unpaid order has it
	Spent   = "coupon_used"     // it was used before
	NewOnly = "coupon_new_only" // its owner has bought before
)

// MostGuesses is how many wrong codes one account may try within an hour.
const MostGuesses = 20

// ReturnGrace is the least time that a coupon is good for after it came back.
const ReturnGrace = 72 * time.Hour

var (
	ErrNoSuchBatch = errs.New(errs.NotFound, "no_such_coupon_batch", "This coupon is not offered.")
	ErrTerms       = errs.New(errs.Invalid, "bad_coupon_terms", "Please check the coupon's terms.")
	ErrCodeTaken   = errs.New(errs.Conflict, "coupon_code_taken", "Another batch has this code.")
	ErrBatchState  = errs.New(errs.Precondition, "coupon_batch_state", "This cannot be done with the batch as it is now.")
	ErrNotBegun    = errs.New(errs.Precondition, "coupon_not_begun", "This coupon cannot be claimed yet.")
	ErrOver        = errs.New(errs.Precondition, "coupon_over", "This coupon can no longer be claimed.")
	ErrNoneLeft    = errs.New(errs.Exhausted, "coupons_gone", "All of these coupons have been claimed.")
	ErrHave        = errs.New(errs.Precondition, "coupon_limit", "You have claimed as many of these as one person may.")
	ErrNewOnly     = errs.New(errs.Precondition, "coupon_new_buyers_only", "This coupon is for those who have not bought here before.")
	ErrGuesses     = errs.New(errs.Throttled, "coupon_code_guesses", "That was not a code too often. Please try again later.")
	ErrCode        = errs.New(errs.NotFound, "coupon_code_unknown", "There is no coupon with this code.")
)

// Service is coupons.
type Service interface {
	// Claim gives the asker a coupon of an open batch, once for each request id:
	// ErrNoSuchBatch, ErrNotBegun, ErrOver, ErrNoneLeft, ErrHave, ErrNewOnly.
	Claim(ctx context.Context, in Claim) (Coupon, error)
	// ClaimCode gives the asker a coupon of the batch with a code: ErrCode,
	// ErrGuesses after MostGuesses wrong ones within an hour, and the errors of Claim.
	ClaimCode(ctx context.Context, in ClaimCode) (Coupon, error)
	// Mine pages through the asker's coupons: those that are ready, the ones that
	// end first coming first; used or expired ones, the latest first.
	Mine(ctx context.Context, in Mine) (page.Page[Coupon], error)
	// Offers pages through what can be claimed for a product, in a shop, of the
	// platform or of everybody, without batches that need a code.
	Offers(ctx context.Context, in Offers) (page.Page[Offer], error)

	// Draft makes a batch, for the asker's shop or, by an operator, for the
	// platform; once for each request id. ErrTerms, ErrCodeTaken.
	Draft(ctx context.Context, in DraftBatch) (Batch, error)
	// Edit replaces the terms of a draft. ErrNoSuchBatch, ErrBatchState, the errors
	// of Draft.
	Edit(ctx context.Context, in EditBatch) (Batch, error)
	// Start makes a batch active, Stop ends its claims, Kill ends its use as well.
	// Doing it again is fine. ErrNoSuchBatch, ErrBatchState.
	Start(ctx context.Context, in ByBatch) (Batch, error)
	Stop(ctx context.Context, in ByBatch) (Batch, error)
	Kill(ctx context.Context, in ByBatch) (Batch, error)
	// Batch returns one with its counts, Batches pages through the asker's own, the
	// latest first.
	Batch(ctx context.Context, in ByBatch) (Batch, error)
	Batches(ctx context.Context, in Batches) (page.Page[Batch], error)
}

type (
	Claim struct {
		Batch     string `json:"batch" min:"1" max:"64"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	ClaimCode struct {
		Code      string `json:"code" min:"1" max:"40"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	Mine struct {
		page.Ask
		State Shelf `query:"state" json:"-" enum:"ready,used,expired"` // ready if absent
	}
	// Offers names a product or a shop; neither means the platform's own, and All
	// those of everybody.
	Offers struct {
		page.Ask
		All      bool        `query:"all" json:"-"`
		Product  id.Product  `query:"product" json:"-" max:"64"`
		Merchant id.Merchant `query:"merchant" json:"-" max:"64"`
	}
	DraftBatch struct {
		Scope promo.Scope `json:"scope" min:"1" enum:"merchant,platform"`
		Terms
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	EditBatch struct {
		ID string `path:"id" json:"-" max:"64"`
		Terms
	}
	ByBatch struct {
		ID string `path:"id" json:"-" max:"64"`
	}
	// Batches are those of the asker's shop, or, to an operator, the platform's.
	Batches struct {
		page.Ask
		Scope promo.Scope `query:"scope" json:"-" enum:"merchant,platform"`
	}
)

// Source is coupons as the pricing asks them.
type Source interface {
	Service
	promo.Source
}
