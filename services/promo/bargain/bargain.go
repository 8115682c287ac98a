// Package bargain is 砍价: a price that friends cut down. Somebody starts a
// bargain for a product, shares it, and each helper cuts once.
//
// How much each cut takes is fixed, in secret, when a bargain starts: the cuts
// sum exactly to what lies between the start and the floor. So a bargain says
// truly how much is still to go and how many cuts that takes, and it always can
// be finished: there is no hundredth of a yuan that stays for ever.
package bargain

import (
	"context"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
)

// Offer is a SKU that can be bargained for.
type Offer struct {
	ID       string      `json:"id" bson:"_id"`
	Merchant id.Merchant `json:"merchant" bson:"merchant"`
	Product  id.Product  `json:"product" bson:"product"`
	Terms    `bson:",inline"`
	State    State       `json:"state" bson:"state"`
	Left     int64       `json:"left" bson:"-"`            // bargains that can still be started; filled on reading
	Single   money.Money `json:"single,omitzero" bson:"-"` // what one costs everybody now; absent if it is not on sale
}

// Terms are what a merchant says of an offer.
type Terms struct {
	SKU   id.SKU      `json:"sku" bson:"sku" min:"1" max:"64"`
	Name  string      `json:"name" bson:"name" min:"1" max:"60"`
	Start money.Money `json:"start" bson:"start"` // the price before any cut
	Floor money.Money `json:"floor" bson:"floor"` // and after the last
	Cuts  int         `json:"cuts" bson:"cuts" min:"1" max:"100"`
	// NewCuts is how many of the cuts are the larger ones: a new user takes those
	// first, and others once nothing else is left.
	NewCuts int `json:"new_cuts" bson:"new_cuts" min:"0" max:"100"`
	Hours   int `json:"hours" bson:"hours" min:"1" max:"72"` // how long a bargain runs
	// Stock is how many bargains may run or be bought. One that ends without being
	// bought gives its place to another.
	Stock int64 `json:"stock" bson:"stock" min:"1" max:"500"`
	// AtFloor is that it can be bought at the floor only; else at any moment at the
	// price of that moment.
	AtFloor bool      `json:"at_floor" bson:"at_floor"`
	StartAt time.Time `json:"start_at" bson:"start_at"`
	EndAt   time.Time `json:"end_at" bson:"end_at"` // none is started from here on
}

// State is what a merchant has said of an offer.
type State string

const (
	Draft   State = "draft"
	Started State = "started"
	Stopped State = "stopped" // none is started any more; those that run may end
	Killed  State = "killed"  // those that run end at once
)

// Bargain is one person's, as everybody may see it.
type Bargain struct {
	ID      string      `json:"id"`
	Offer   string      `json:"offer"`
	Product id.Product  `json:"product"`
	SKU     id.SKU      `json:"sku"`
	Name    string      `json:"name"` // the offer's
	Owner   Person      `json:"owner"`
	Start   money.Money `json:"start"`
	Floor   money.Money `json:"floor"`
	Price   money.Money `json:"price"` // now
	Cut     money.Money `json:"cut"`   // off so far
	ToGo    money.Money `json:"to_go"` // off still to come: exactly what CutsLeft take
	// CutsDone and CutsLeft are counts of helpers, and exact: that many more are
	// needed for the floor, whoever they are.
	CutsDone int       `json:"cuts_done"`
	CutsLeft int       `json:"cuts_left"`
	AtFloor  bool      `json:"at_floor"`
	State    Stage     `json:"state"`
	Helps    []Help    `json:"helps"` // the latest first
	EndsAt   time.Time `json:"ends_at"`
	Now      time.Time `json:"now"` // by the server, for the countdown
	Mine     bool      `json:"mine"`
	Helped   bool      `json:"helped"`           // the caller has
	Order    id.Order  `json:"order,omitempty"`  // the owner's, while it is paid for or once it is bought; for them only
	Refuse   string    `json:"refuse,omitempty"` // why the caller cannot help, as the reason of an error; not in lists
	Share    Share     `json:"share"`
}

// Person is somebody as others see them.
type Person struct {
	Name   string   `json:"name"` // masked
	Avatar id.Media `json:"avatar,omitempty"`
}

// Help is one cut.
type Help struct {
	Person
	Cut money.Money `json:"cut"`
	New bool        `json:"new,omitempty"` // by a new user
	You bool        `json:"you,omitempty"`
	At  time.Time   `json:"at"`
}

// Share is what a link to a bargain says.
type Share struct {
	Path  string      `json:"path"`
	Title string      `json:"title"`
	Price money.Money `json:"price"`
	Floor money.Money `json:"floor"`
}

// Stage is how far a bargain has got.
//
//	running → bought → returned
//	running → expired | ended
type Stage string

const (
	Running  Stage = "running"
	Bought   Stage = "bought"
	Returned Stage = "returned" // bought, and all money went back
	Expired  Stage = "expired"  // its time ran out
	Ended    Stage = "ended"    // its offer was killed
)

// Watch is a bargain as an operator looks at it: many cuts from one place are
// hired.
type Watch struct {
	Bargain Bargain `json:"bargain"`
	Owner   id.User `json:"owner"`
	Clients int     `json:"clients"` // different places that helped
	New     int     `json:"new"`     // helpers who were new
	Reason  string  `json:"reason,omitempty"`
}

// HelpersOfOnePlace is the reason of a Watch: more than half of at least
// WatchLeast helpers came from one place.
const (
	HelpersOfOnePlace = "helpers_of_one_place"
	WatchLeast        = 4
)

// How often one may help in a day (UTC), against helpers for hire.
const (
	DailyOfPerson = 5
	DailyOfDevice = 5
	DailyOfClient = 30 // people behind one address
)

const (
	// NewFor is how long an account is new. It takes one of the larger cuts once,
	// anywhere.
	NewFor = 7 * 24 * time.Hour
	// LargestOfSmallest caps what a new user's cut weighs: at most this many times
	// the smallest cut of all, give or take the smallest unit of money.
	LargestOfSmallest = 3
	// Deepest is the most that an offer may take off, in basis points of what one
	// costs everybody.
	Deepest = 9_900
)

var (
	ErrNoSuchOffer   = errs.New(errs.NotFound, "no_such_bargain_offer", "This product cannot be bargained for.")
	ErrNoSuchBargain = errs.New(errs.NotFound, "no_such_bargain", "This bargain does not exist.")
	ErrTerms         = errs.New(errs.Invalid, "bad_bargain_terms", "A bargain starts at most at the price for everybody, ends below its start, and leaves something to each cut.")
	ErrNotDraft      = errs.New(errs.Precondition, "bargain_not_draft", "This offer has been started and cannot be changed any more.")
	ErrOver          = errs.New(errs.Precondition, "bargain_offer_over", "This offer is over and cannot be started again.")
	ErrOwn           = errs.New(errs.Precondition, "own_bargain", "Your friends cut your price. You cannot do it yourself.")
	ErrHelped        = errs.New(errs.Precondition, "already_helped", "You have helped with this bargain already.")
	ErrHelpedEnough  = errs.New(errs.Throttled, "helped_enough", "You have helped often enough today. Please come back tomorrow.")
	ErrAtFloor       = errs.New(errs.Exhausted, "bargain_at_floor", "The price is as low as it gets.")
	ErrNotAtFloor    = errs.New(errs.Precondition, "bargain_not_at_floor", "This can be bought once the price is at its lowest.")
	ErrOne           = errs.New(errs.Precondition, "bargain_one", "A bargain is for one unit.")
	ErrBeingBought   = errs.New(errs.Precondition, "bargain_being_bought", "You have an unpaid order for this bargain. Please pay or cancel it first.")
)

// Service is what people ask of bargains. The owner buys through the till, as
// promo.Source: the price of that moment is what the order freezes.
//
// As a Source: Rules fails with ErrNoSuchBargain, ErrOne, ErrNotAtFloor, and
// promo's ErrNotYours, ErrEnded; Lock also with promo.ErrChanged if another cut
// fell since the price was quoted, and ErrBeingBought. Redeem answers
// promo.ErrUsedUp if the bargain is over or was bought by another order.
type Service interface {
	// Offers returns the offers that can be had now of a product, or pages through
	// those of all shops.
	Offers(ctx context.Context, in ByProduct) (OfferList, error)
	// Offer returns one; drafts exist for their merchant only: ErrNoSuchOffer.
	Offer(ctx context.Context, in ByID) (Offer, error)
	// Begin starts a bargain of the caller's, one for each offer: doing it again
	// returns the same. ErrNoSuchOffer, promo.ErrEnded, promo.ErrNotYet,
	// promo.ErrUsedUp if all places are taken.
	Begin(ctx context.Context, in Begin) (Bargain, error)
	// Bargain returns one, or ErrNoSuchBargain.
	Bargain(ctx context.Context, in ByID) (Bargain, error)
	// Mine pages through the caller's bargains, the latest first.
	Mine(ctx context.Context, in page.Ask) (page.Page[Bargain], error)
	// Cut takes the next cut off a bargain, once for each person, whichever of their
	// accounts they use (account.Identities); the same request
	// again is answered as it was. ErrNoSuchBargain, ErrOwn, ErrHelped, ErrAtFloor,
	// ErrHelpedEnough, promo.ErrEnded, actor.ErrForbidden of whoever is suspended.
	Cut(ctx context.Context, in Cut) (Cutting, error)

	// Drafted makes an offer of the caller's shop, once for each request id:
	// ErrTerms, catalog.ErrNoSuchSKU, rpc.ErrReused.
	Drafted(ctx context.Context, in NewOffer) (Offer, error)
	// Edit changes a draft: ErrNoSuchOffer, ErrNotDraft, ErrTerms.
	Edit(ctx context.Context, in EditOffer) (Offer, error)
	// Start, Stop and Kill say when it can be had: ErrNoSuchOffer, ErrTerms, ErrOver.
	// Doing one twice is fine. Kill is for operators too.
	Start(ctx context.Context, in ByID) (Offer, error)
	Stop(ctx context.Context, in ByID) (Offer, error)
	Kill(ctx context.Context, in ByID) (Offer, error)
	// OfShop pages through the offers of the caller's shop, the latest first.
	OfShop(ctx context.Context, in page.Ask) (page.Page[Offer], error)
	// Results pages through an offer's bargains, for its merchant and operators:
	// ErrNoSuchOffer.
	Results(ctx context.Context, in Results) (page.Page[Bargain], error)

	// All pages through all offers, the latest first, for operators.
	All(ctx context.Context, in page.Ask) (page.Page[Offer], error)
	// Look shows who helped with a bargain, and from how many places, to operators.
	Look(ctx context.Context, in ByID) (Watch, error)
}

type (
	ByID struct {
		ID string `path:"id" json:"-" max:"64"`
	}
	// ByProduct without a product asks for those of all shops, the latest first.
	ByProduct struct {
		page.Ask
		Product id.Product `query:"product" json:"-" max:"64"`
	}
	OfferList struct {
		Items []Offer     `json:"items"`
		Next  page.Cursor `json:"next,omitempty"`
	}
	Begin struct {
		Offer     string `json:"offer" min:"1" max:"64"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	// Cut is a helper's tap. Device is a key that the helper's device keeps; the
	// gateway says where it comes from.
	Cut struct {
		account.From
		ID        string `path:"id" json:"-" max:"64"`
		Device    string `json:"device,omitempty" max:"64"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	// Cutting is what a cut did.
	Cutting struct {
		Cut     money.Money `json:"cut"`
		Bargain Bargain     `json:"bargain"`
	}
	NewOffer struct {
		Terms
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	EditOffer struct {
		ID string `path:"id" json:"-" max:"64"`
		Terms
	}
	Results struct {
		page.Ask
		ID    string `path:"id" json:"-" max:"64"`
		State Stage  `query:"state" json:"-" enum:"running,bought,returned,expired,ended"`
	}
)
