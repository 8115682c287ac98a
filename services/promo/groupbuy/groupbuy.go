package groupbuy

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
)

// Offer is a price for teams of one SKU.
type Offer struct {
	ID       string      `json:"id" bson:"_id"`
	Merchant id.Merchant `json:"merchant" bson:"merchant"`
	Product  id.Product  `json:"product" bson:"product"`
	Terms    `bson:",inline"`
	State    State `json:"state" bson:"state"`
	// Single is what one costs without a team, as it is now; absent if it is not on
	// sale.
	Single money.Money `json:"single,omitzero" bson:"-"`
}

// Terms are what a merchant says of an offer.
type Terms struct {
	SKU   id.SKU      `json:"sku" bson:"sku" min:"1" max:"64"`
	Name  string      `json:"name" bson:"name" min:"1" max:"60"`
	Price money.Money `json:"price" bson:"price"`
	Seats int         `json:"seats" bson:"seats" min:"2" max:"50"`
	Hours int         `json:"hours" bson:"hours" min:"1" max:"72"` // how long a team has to fill
	Limit int         `json:"limit" bson:"limit" min:"1" max:"20"` // orders of one person at this offer
	Units int64       `json:"units" bson:"units" min:"1" max:"99"` // in one order
	// Fresh is that only who has never bought here may join; anybody may open.
	Fresh   bool      `json:"fresh" bson:"fresh"`
	StartAt time.Time `json:"start_at" bson:"start_at"`
	EndAt   time.Time `json:"end_at" bson:"end_at"` // no team is opened from here on; those that are open run on
}

// State is what a merchant has said of an offer.
type State string

const (
	Draft   State = "draft"
	Started State = "started" // within its window it can be had
	Stopped State = "stopped" // no team is opened any more; those that are open run on
	Killed  State = "killed"  // its open teams lapse at once
)

// Team is some people who buy together, as everybody may see it. All of them are
// buyers who have paid: the shop seats nobody of its own.
type Team struct {
	ID      string      `json:"id"`
	Offer   string      `json:"offer"`
	Product id.Product  `json:"product"`
	SKU     id.SKU      `json:"sku"`
	Name    string      `json:"name"` // the offer's
	Price   money.Money `json:"price"`
	Single  money.Money `json:"single,omitzero"` // what one costs without a team
	State   TeamState   `json:"state"`
	Seats   int         `json:"seats"`
	Paid    int         `json:"paid"`
	Held    int         `json:"held"` // somebody is paying for them right now
	Left    int         `json:"left"` // that can be taken right now
	Members []Member    `json:"members"`
	Fresh   bool        `json:"fresh"`
	EndsAt  time.Time   `json:"ends_at"`
	Now     time.Time   `json:"now"` // by the server, for the countdown
	// Mine is the caller's own order in it, and MyPaid whether that is paid.
	Mine   id.Order `json:"mine,omitempty"`
	MyPaid bool     `json:"my_paid,omitempty"`
	// Refuse is why the caller cannot join, as the reason of an error; "" if they can.
	Refuse string `json:"refuse,omitempty"`
	Share  Share  `json:"share"`
}

// Member is somebody in a team, as others see them.
type Member struct {
	Name   string   `json:"name"` // masked
	Avatar id.Media `json:"avatar,omitempty"`
	Opener bool     `json:"opener,omitempty"`
	You    bool     `json:"you,omitempty"`
}

// Share is what a link to a team says.
type Share struct {
	Path    string      `json:"path"`
	Title   string      `json:"title"`
	Price   money.Money `json:"price"`
	Missing int         `json:"missing"`
}

// TeamState is how far a team has got.
//
//	opening → open → filled | lapsed
//	opening → void                    its opener never paid
type TeamState string

const (
	IsOpening TeamState = "opening" // its opener is paying; nobody else sees it
	IsOpen    TeamState = "open"
	IsFilled  TeamState = "filled" // for good: a refund afterwards does not unfill it
	IsLapsed  TeamState = "lapsed"
	IsVoid    TeamState = "void"
)

// Risk is why an operator should look at somebody.
type Risk struct {
	User   id.User   `json:"user" bson:"_id"`
	Reason string    `json:"reason" bson:"reason"`
	Paid   int       `json:"paid" bson:"paid"` // seats, of the latest Counted
	Back   int       `json:"back" bson:"back"` // of them, given back once their team had filled
	Ratio  int64     `json:"ratio" bson:"ratio"`
	At     time.Time `json:"at" bson:"at"`
}

const (
	// CancelsAfterFill is the reason of a Risk: somebody fills teams and then asks
	// their money back.
	CancelsAfterFill = "group_cancels"
	// RiskFrom is the ratio, in basis points, and RiskLeast the number from which on
	// cancelling is a risk and not bad luck.
	RiskFrom  = 3_000
	RiskLeast = 2
	// Counted is of how many of somebody's latest seats the ratio is.
	Counted = 100
	// Deepest is the most that an offer may take off, in basis points: more is taken
	// for a slip of the keyboard.
	Deepest = 9_000
)

var (
	ErrNoSuchOffer = errs.New(errs.NotFound, "no_such_group_buy", "This group buy does not exist.")
	ErrNoSuchTeam  = errs.New(errs.NotFound, "no_such_team", "This team does not exist.")
	ErrAlone       = errs.New(errs.Precondition, "group_buy_alone", "A group buy is ordered by itself. Please buy it apart from the rest.")
	ErrTerms       = errs.New(errs.Invalid, "bad_group_terms", "A group buy costs less than buying alone, but not next to nothing, and ends after it starts.")
	ErrNotDraft    = errs.New(errs.Precondition, "group_buy_not_draft", "This group buy has been started and cannot be changed any more.")
	ErrOver        = errs.New(errs.Precondition, "group_buy_over", "This group buy is over and cannot be started again.")
	ErrInTeam      = errs.New(errs.Precondition, "already_in_team", "You are in this team already.")
	ErrNotFresh    = errs.New(errs.Forbidden, "only_new_buyers", "Only people who have never bought here can join this team.")
	ErrTooMany     = errs.New(errs.Precondition, "too_many_in_order", "That is more than one order of this group buy may have.")
)

// Service is what people ask of group buys. Seats are taken and paid for through
// the till, as promo.Source: a team is opened by paying and joined by paying.
//
// As a Source: Rules fails with ErrNoSuchOffer, ErrNoSuchTeam, ErrAlone,
// ErrInTeam, ErrNotFresh, ErrTooMany, and promo's ErrEnded, ErrNotYet, ErrLimit,
// ErrUsedUp; so does Lock. A person sits in a team once and has one limit,
// whichever of their accounts they use (account.Identities). Redeem answers promo.ErrUsedUp when the team filled
// or lapsed without the order: its money goes back.
type Service interface {
	// Offers returns the offers that can be had now of a product, or pages through
	// those of all shops.
	Offers(ctx context.Context, in ByProduct) (OfferList, error)
	// Offer returns one; drafts exist for their merchant only: ErrNoSuchOffer.
	Offer(ctx context.Context, in ByID) (Offer, error)
	// Teams pages through the open teams of a product, those that end first first;
	// of one offer if it is named.
	Teams(ctx context.Context, in Teams) (page.Page[Team], error)
	// Team returns one, or ErrNoSuchTeam. One that is opening exists for its opener
	// only.
	Team(ctx context.Context, in ByID) (Team, error)
	// MyTeams pages through the caller's teams, the latest first.
	MyTeams(ctx context.Context, in page.Ask) (page.Page[Team], error)

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
	// Results pages through what became of an offer's teams, for its merchant and
	// operators: ErrNoSuchOffer.
	Results(ctx context.Context, in Results) (page.Page[Team], error)

	// All pages through all offers, the latest first, for operators.
	All(ctx context.Context, in page.Ask) (page.Page[Offer], error)
	// Risks pages through people who cancel what they filled, the worst first, for
	// operators.
	Risks(ctx context.Context, in page.Ask) (page.Page[Risk], error)
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
	Teams struct {
		page.Ask
		Product id.Product `query:"product" json:"-" min:"1" max:"64"`
		Offer   string     `query:"offer" json:"-" max:"64"`
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
		ID    string    `path:"id" json:"-" max:"64"`
		State TeamState `query:"state" json:"-" enum:"open,filled,lapsed"`
	}
)
