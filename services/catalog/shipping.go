package catalog

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// Profile says what sending a shop's goods costs, by region, and how long it
// takes.
type Profile struct {
	ID       string      `json:"id" bson:"_id"` // prf_
	Merchant id.Merchant `json:"merchant" bson:"merchant"`
	Name     string      `json:"name" bson:"name"`
	Usual    bool        `json:"usual" bson:"-"` // for goods that name none; filled on reading
	Zones    []Zone      `json:"zones" bson:"zones"`
	NotSent  []string    `json:"not_sent" bson:"not_sent"` // regions it is not sent to
	// Retired profiles are kept for goods that name them, and listed no more.
	Retired   bool      `json:"retired" bson:"retired"`
	UpdatedAt time.Time `json:"updated_at" bson:"updated_at"`
}

// Zone is some regions to which sending costs the same. Days are from payment.
type Zone struct {
	Regions  []string    `json:"regions" bson:"regions" max:"100"` // none: wherever no other zone is
	First    money.Money `json:"first" bson:"first"`               // for the first unit
	Next     money.Money `json:"next" bson:"next"`                 // for each further one
	FreeFrom money.Money `json:"free_from,omitzero" bson:"free_from,omitempty"`
	Earliest int         `json:"earliest_days" bson:"earliest" min:"0" max:"90"`
	Latest   int         `json:"latest_days" bson:"latest" min:"0" max:"120"`
}

// Days of a shop that has no profile; it sends for nothing.
const (
	UsualEarliest = 2
	UsualLatest   = 5
)

var (
	ErrNoSuchProfile = errs.New(errs.NotFound, "no_such_shipping", "This shipping profile does not exist.")
	ErrBadZones      = errs.New(errs.Invalid, "bad_zones", "Please check the zones: each region once, fees in the shop's currency, days in order.")
	ErrProfiles      = errs.New(errs.Exhausted, "too_many_profiles", "A shop keeps at most 50 shipping profiles.")
)

// MaxProfiles is the most shipping profiles a shop keeps.
const MaxProfiles = 50

// Shipping is what a shop says about sending.
type Shipping interface {
	// AddProfile writes a profile; a shop's first is its usual one. ErrBadZones,
	// ErrProfiles. Once for each request id.
	AddProfile(ctx context.Context, in AddProfile) (Profile, error)
	// EditProfile rewrites one: ErrNoSuchProfile, ErrBadZones.
	EditProfile(ctx context.Context, in EditProfile) (Profile, error)
	// RetireProfile takes one off the list; goods that name it keep it.
	RetireProfile(ctx context.Context, in ByProfile) (rpc.Empty, error)
	// Profiles pages through the shop's profiles, oldest first.
	Profiles(ctx context.Context, in AskProfiles) (page.Page[Profile], error)
}

type (
	// ProfileSheet is what a merchant writes. Usual makes it the usual one.
	ProfileSheet struct {
		Name    string   `json:"name" min:"1" max:"60"`
		Zones   []Zone   `json:"zones" min:"1" max:"40"`
		NotSent []string `json:"not_sent,omitempty" max:"100"`
		Usual   bool     `json:"usual,omitempty"`
	}
	AddProfile struct {
		ProfileSheet
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	EditProfile struct {
		ID string `path:"id" json:"-" max:"64"`
		ProfileSheet
	}
	ByProfile struct {
		ID string `path:"id" json:"-" max:"64"`
	}
	AskProfiles struct{ page.Ask }
)
