// Package flashsale is 秒杀: a price for a while, for few. A shop names SKUs, a
// window, an allotment of each at the price, and how many one person may have.
//
// The server's clock decides about the window, at the instant an order takes its
// places. What was taken in time can be paid after the end. An allotment is
// never passed, nor a person's limit over all their orders and accounts, however
// many ask at once; what is not paid goes back to the sale.
package flashsale

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/promo"
)

// Plan is what a shop decides of a sale. It stands once the sale was started.
type Plan struct {
	Name  string    `json:"name" bson:"name" min:"1" max:"60"`
	Start time.Time `json:"start" bson:"start"` // the window is [Start, End)
	End   time.Time `json:"end" bson:"end"`
	// Group is the private group whose members the sale is for; everybody if "".
	Group string      `json:"group,omitempty" bson:"group" max:"64"`
	Items []Allotment `json:"items" bson:"items" min:"1" max:"30"`
}

// Allotment is how many of a SKU are sold at a price.
type Allotment struct {
	SKU   id.SKU      `json:"sku" bson:"sku" min:"1" max:"64"`
	Price money.Money `json:"price" bson:"price"`
	N     int64       `json:"n" bson:"n" min:"1" max:"20000"`
	Limit int64       `json:"limit" bson:"limit" min:"1" max:"500"` // for one person
}

// Sale is a flash sale as its shop sees it.
type Sale struct {
	ID        string      `json:"id" bson:"_id"`
	Merchant  id.Merchant `json:"merchant" bson:"merchant"`
	Plan      `bson:",inline"`
	State     State     `json:"state" bson:"state"`
	Counts    []Count   `json:"counts" bson:"-"` // of Items, in their order; filled on reading
	CreatedAt time.Time `json:"created_at" bson:"created_at"`
	UpdatedAt time.Time `json:"updated_at" bson:"updated_at"`
}

// State is whether anybody can buy at it while its window is open.
//
//	draft → active → stopped → active
//	active | stopped → killed
type State string

const (
	Draft   State = "draft"
	Active  State = "active"
	Stopped State = "stopped" // nobody takes a place; those taken can be paid, even late
	Killed  State = "killed"  // for good; a place that has lapsed cannot be paid any more
)

// Count is what became of an allotment: N = Left + Held + Sold.
type Count struct {
	SKU  id.SKU `json:"sku"`
	Left int64  `json:"left"`
	Held int64  `json:"held"` // by orders that are not paid yet
	Sold int64  `json:"sold"`
}

// Phase is where a sale is in time.
type Phase string

const (
	Soon    Phase = "soon"
	Running Phase = "running"
	Over    Phase = "over" // or stopped
)

// Event is a sale as shoppers see it. Countdowns run from Now, the server's
// clock, to Start or End.
type Event struct {
	ID       string      `json:"id"`
	Merchant id.Merchant `json:"merchant"`
	Name     string      `json:"name"`
	Phase    Phase       `json:"phase"`
	Now      time.Time   `json:"now"`
	Start    time.Time   `json:"start"`
	End      time.Time   `json:"end"`
	Group    string      `json:"group,omitempty"`
	Items    []Offer     `json:"items"`
}

// Offer is a SKU of it.
type Offer struct {
	SKU     id.SKU      `json:"sku"`
	Product id.Product  `json:"product"`
	Price   money.Money `json:"price"`
	Was     money.Money `json:"was"` // for everybody, when the sale was planned
	N       int64       `json:"n"`
	Left    int64       `json:"left"`
	Share   money.Rate  `json:"share_left"` // Left of N, above zero while any is left
	Limit   int64       `json:"limit"`
}

// Deepest is the most that a sale may take off today's price, in basis points:
// more is taken for a slip of the keyboard.
const Deepest = 9_000

var (
	ErrNoSuchSale = errs.New(errs.NotFound, "no_such_flash_sale", "This flash sale does not exist.")
	ErrPlan       = errs.New(errs.Invalid, "bad_flash_sale", "Please check the sale.")
	ErrSaleState  = errs.New(errs.Precondition, "flash_sale_state", "This cannot be done with the sale as it is now.")
	ErrMembers    = errs.New(errs.Forbidden, "flash_sale_members_only", "This sale is for the members of a group.")
)

// Service is flash sales.
type Service interface {
	// Events pages through the sales that run, those that end first coming first, or
	// that come, those that begin first coming first; of everybody, or of a group
	// that the asker is in (ErrMembers).
	Events(ctx context.Context, in Events) (page.Page[Event], error)
	// Event returns a sale: ErrNoSuchSale, ErrMembers.
	Event(ctx context.Context, in BySale) (Event, error)
	// OfProduct pages through the sales that a product is in and that are not over,
	// with its SKUs only. Those of groups are left out.
	OfProduct(ctx context.Context, in OfProduct) (page.Page[Event], error)

	// Draft plans a sale for the asker's shop, once for each request id: ErrPlan,
	// catalog.ErrNoSuchSKU, catalog.ErrNotListed.
	Draft(ctx context.Context, in DraftSale) (Sale, error)
	// Edit replaces the plan of a draft: ErrNoSuchSale, ErrSaleState, the errors of
	// Draft.
	Edit(ctx context.Context, in EditSale) (Sale, error)
	// Start lets a sale run in its window, Stop ends it, Kill ends it for good.
	// Doing it again is fine. ErrNoSuchSale, ErrSaleState, ErrPlan of one that is over.
	Start(ctx context.Context, in BySale) (Sale, error)
	Stop(ctx context.Context, in BySale) (Sale, error)
	Kill(ctx context.Context, in BySale) (Sale, error)
	// Sale returns one with its counts, Sales pages through those of the asker's
	// shop, the latest first.
	Sale(ctx context.Context, in BySale) (Sale, error)
	Sales(ctx context.Context, in Sales) (page.Page[Sale], error)
}

type (
	Events struct {
		page.Ask
		Phase    Phase       `query:"phase" json:"-" enum:"running,soon"` // running if absent
		Group    string      `query:"group" json:"-" max:"64"`
		Merchant id.Merchant `query:"merchant" json:"-" max:"64"`
	}
	BySale struct {
		ID string `path:"id" json:"-" max:"64"`
	}
	OfProduct struct {
		page.Ask
		Product id.Product `query:"product" json:"-" min:"1" max:"64"`
	}
	DraftSale struct {
		Plan
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	EditSale struct {
		ID string `path:"id" json:"-" max:"64"`
		Plan
	}
	Sales struct{ page.Ask }
)

// Source is flash sales as the pricing asks them. A line names one with
// promo.Deal{Kind: promo.Flash, ID: the sale's}.
type Source interface {
	Service
	promo.Source
}
