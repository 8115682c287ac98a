// Package fullreduction is the campaigns of shops and of the platform: full
// reduction (满减), full discount (满折), member prices and free carriage.
//
// A campaign is drafted, looked at (Preview shows worked examples, what it
// overlaps with and how deep it goes) and started; it then applies by itself to
// whatever is in its scope, within its window and its budget. Its shop may stop
// it, and an operator may kill it: from that moment no order takes it any more.
// Orders that hold it already keep it.
package fullreduction

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/promo"
)

// Campaign is one offer with what has become of it.
type Campaign struct {
	ID       string      `json:"id" bson:"_id"`
	Scope    promo.Scope `json:"scope" bson:"scope"`
	Merchant id.Merchant `json:"merchant,omitempty" bson:"merchant,omitempty"`
	Terms    `bson:",inline"`
	State    State `json:"state" bson:"state"`
	// AskedBy is who asked for a start that waits for a second person.
	AskedBy id.User `json:"asked_by,omitempty" bson:"asked_by,omitempty"`
	// Note is why it was killed.
	Note      string    `json:"note,omitempty" bson:"note,omitempty"`
	CreatedAt time.Time `json:"created_at" bson:"created_at"`
	StartedAt time.Time `json:"started_at,omitzero" bson:"started_at,omitempty"`
	// Spent counts against Budget: of paid orders, and Held of unpaid ones.
	Spent money.Money `json:"spent,omitzero" bson:"-"`
	Held  money.Money `json:"held,omitzero" bson:"-"`
	// Orders and Saved are of paid orders. Both are 0 for member prices, which are
	// no savings but prices.
	Orders int64       `json:"orders" bson:"-"`
	Saved  money.Money `json:"saved,omitzero" bson:"-"`
}

// State is whether a campaign applies, within its window.
//
//	draft | stopped → running → stopped
//	draft | stopped → waiting → running     deeper than SecondOver: a second person starts it
//	waiting → draft                         by stopping or editing it
//	any → killed
type State string

const (
	Draft   State = "draft"
	Waiting State = "waiting"
	Running State = "running"
	Stopped State = "stopped"
	Killed  State = "killed"
)

// Terms are what a shop writes. Windows are [Starts, Ends).
type Terms struct {
	Kind  promo.Kind   `json:"kind" bson:"kind" enum:"full_reduction,full_discount,member_price,free_shipping"`
	Name  string       `json:"name" bson:"name" min:"1" max:"60"`
	Goods Goods        `json:"goods" bson:"goods"`
	Tiers []promo.Tier `json:"tiers" bson:"tiers" min:"1" max:"5"`
	// Each is that a tier's Off counts as often as its Over is reached.
	Each bool        `json:"each,omitempty" bson:"each,omitempty"`
	Most money.Money `json:"most,omitzero" bson:"most,omitempty"` // an order saves at most this
	// Level is from which level of members on a member price is.
	Level int64 `json:"level,omitempty" bson:"level,omitempty" min:"0" max:"100"`
	// Platform is what the platform bears of it. Only an operator gives anything.
	Platform money.Rate `json:"platform,omitempty" bson:"platform" min:"0" max:"10000"`
	// Budget is what all orders together may save; 0 is no limit. The last order
	// saves what is left of it.
	Budget money.Money  `json:"budget,omitzero" bson:"budget,omitempty"`
	Alone  bool         `json:"alone,omitempty" bson:"alone,omitempty"`
	Apart  []promo.Kind `json:"apart,omitempty" bson:"apart,omitempty" max:"9"`
	Starts time.Time    `json:"starts" bson:"starts"`
	Ends   time.Time    `json:"ends" bson:"ends"`
}

// Goods is what a campaign is for: all of its shop's (or everybody's), or what is
// in one of the lists.
type Goods struct {
	All        bool         `json:"all,omitempty" bson:"all,omitempty"`
	Products   []id.Product `json:"products,omitempty" bson:"products,omitempty" max:"200"`
	Categories []string     `json:"categories,omitempty" bson:"categories,omitempty" max:"50"`
	Brands     []string     `json:"brands,omitempty" bson:"brands,omitempty" max:"50"`
}

// Warning is something to know before starting. Reasons are never renamed.
type Warning struct {
	Reason   string     `json:"reason"`             // deep, deep_together, adds_up, one_of_both, no_budget
	Campaign string     `json:"campaign,omitempty"` // the other one
	Name     string     `json:"name,omitempty"`
	Rate     money.Rate `json:"rate,omitempty"` // how much it takes off at most
}

const (
	Deep         = "deep"          // it takes more off than WarnOver
	DeepTogether = "deep_together" // with those it adds up with, more than RefuseOver
	AddsUp       = "adds_up"       // a basket may have both
	OneOfBoth    = "one_of_both"   // a line has one of both, whichever saves more
	NoBudget     = "no_budget"     // nothing limits what it costs
)

const (
	// WarnOver is how much a campaign takes off before it is warned of.
	WarnOver money.Rate = 3_000
	// SecondOver is how much one takes off before a shop needs two people, or an
	// operator, to start it.
	SecondOver money.Rate = 4_000
	// RefuseOver is how much only an operator starts.
	RefuseOver money.Rate = 7_000
)

var (
	ErrNoSuchCampaign = errs.New(errs.NotFound, "no_such_campaign", "This campaign does not exist.")
	ErrBadTerms       = errs.New(errs.Invalid, "campaign_bad_terms", "Please check the campaign's terms.")
	ErrRunning        = errs.New(errs.Precondition, "campaign_running", "Please stop the campaign before you change it.")
	ErrKilled         = errs.New(errs.Precondition, "campaign_killed", "This campaign was ended by the platform.")
	ErrOver           = errs.New(errs.Precondition, "campaign_over", "The campaign's time is over. Please change its window first.")
	ErrTooDeep        = errs.New(errs.Precondition, "campaign_too_deep", "This takes more off than a shop may start by itself.")
	ErrUnread         = errs.New(errs.Precondition, "campaign_warnings_unread", "Please read the warnings before you start this campaign.")
	ErrBudgetSpent    = errs.New(errs.Precondition, "campaign_budget_spent", "Orders already use more than this budget.")
)

// Service is the campaigns. Merchants and their staff with the duty "campaigns"
// work on their shop's, operators on the platform's; others' do not exist
// (ErrNoSuchCampaign).
type Service interface {
	// Draft writes a campaign down, once for each request id: ErrBadTerms.
	Draft(ctx context.Context, in DraftCampaign) (Campaign, error)
	// Edit changes one that is not running: ErrBadTerms, ErrRunning, ErrKilled,
	// ErrBudgetSpent.
	Edit(ctx context.Context, in EditCampaign) (Campaign, error)
	// Start lets it run: ErrUnread until its warnings are accepted, ErrTooDeep,
	// ErrOver, ErrKilled. One that is deeper than SecondOver waits until somebody else
	// of the shop with the duty, or an operator, starts it too.
	Start(ctx context.Context, in StartCampaign) (Campaign, error)
	// Stop ends it until it is started again; one that waits is a draft again.
	Stop(ctx context.Context, in ByCampaign) (Campaign, error)
	// Kill ends any campaign for good. For operators.
	Kill(ctx context.Context, in KillCampaign) (Campaign, error)
	// Campaign returns one with its results.
	Campaign(ctx context.Context, in ByID) (Campaign, error)
	// Campaigns pages through the caller's shop's, latest first.
	Campaigns(ctx context.Context, in ListCampaigns) (page.Page[Campaign], error)
	// AllCampaigns pages through everybody's, latest first. For operators.
	AllCampaigns(ctx context.Context, in ListCampaigns) (page.Page[Campaign], error)
	// Preview computes worked examples of terms, without storing anything, and says
	// what to know before starting: ErrBadTerms.
	Preview(ctx context.Context, in PreviewCampaign) (Preview, error)
	// Running returns what shoppers of a shop should see of what runs now.
	Running(ctx context.Context, in AskRunning) (Banners, error)
}

type (
	DraftCampaign struct {
		Terms
		// OfPlatform is for operators: for the lines of every shop.
		OfPlatform bool   `json:"of_platform,omitempty"`
		RequestID  string `header:"Idempotency-Key" json:"-"`
	}
	EditCampaign struct {
		ID string `path:"id" json:"-" max:"64"`
		Terms
	}
	StartCampaign struct {
		ID        string `path:"id" json:"-" max:"64"`
		Accept    bool   `json:"accept,omitempty"` // its warnings were read
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	ByCampaign struct {
		ID        string `path:"id" json:"-" max:"64"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	ByID struct {
		ID string `path:"id" json:"-" max:"64"`
	}
	KillCampaign struct {
		ID        string `path:"id" json:"-" max:"64"`
		Reason    string `json:"reason" min:"1" max:"200"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	ListCampaigns struct {
		page.Ask
		State State `query:"state" json:"-" enum:"draft,waiting,running,stopped,killed"`
	}
	// PreviewCampaign asks how terms work out, for a basket of the caller's choice
	// too.
	PreviewCampaign struct {
		Terms
		OfPlatform bool     `json:"of_platform,omitempty"`
		ID         string   `json:"id,omitempty" max:"64"` // of the campaign that has these terms, if there is one
		Basket     []Basket `json:"basket,omitempty" max:"20"`
	}
	Basket struct {
		SKU id.SKU `json:"sku" min:"1" max:"64"`
		N   int64  `json:"n" min:"1" max:"99"`
	}
	Preview struct {
		Examples []Example  `json:"examples"`
		Warnings []Warning  `json:"warnings"`
		Deepest  money.Rate `json:"deepest"` // how much it takes off at most
	}
	// Example is a basket and its price, with everything else that runs.
	Example struct {
		Case   string       `json:"case"` // below, reached, beyond, basket
		Lines  []promo.Line `json:"lines"`
		Priced promo.Priced `json:"priced"`
	}
	AskRunning struct {
		Merchant id.Merchant `query:"merchant" json:"-" max:"64"`
		Product  id.Product  `query:"product" json:"-" max:"64"`
		Category string      `query:"category" json:"-" max:"60"`
	}
	Banners struct {
		Items []Banner `json:"items"`
	}
	// Banner is what a shopper sees of a campaign.
	Banner struct {
		ID       string       `json:"id"`
		Kind     promo.Kind   `json:"kind"`
		Scope    promo.Scope  `json:"scope"`
		Merchant id.Merchant  `json:"merchant,omitempty"`
		Name     string       `json:"name"`
		Tiers    []promo.Tier `json:"tiers"`
		Each     bool         `json:"each,omitempty"`
		Most     money.Money  `json:"most,omitzero"`
		Level    int64        `json:"level,omitempty"`
		Ends     time.Time    `json:"ends"`
	}
)
