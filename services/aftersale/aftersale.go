// Package aftersale is what happens when something is not right: cancelling
// before it is sent, money back, goods back, another one instead, and the dispute
// when buyer and shop do not agree. Money goes back by checkout.Refund alone, and
// every step that waits for somebody has a timer that decides if they do not.
package aftersale

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/bus"
)

// AfterSale is one request about units of one shop's part of an order.
type AfterSale struct {
	ID       id.AfterSale `json:"id" bson:"_id"`
	Order    id.Order     `json:"order" bson:"order"`
	Parcel   id.Parcel    `json:"parcel" bson:"parcel"`
	Merchant id.Merchant  `json:"merchant" bson:"merchant"`
	Buyer    id.User      `json:"-" bson:"buyer"`
	// Unasked is that the shop gives the money back of its own accord.
	Unasked bool    `json:"unasked,omitempty" bson:"unasked,omitempty"`
	Kind    Kind    `json:"kind" bson:"kind"`
	State   State   `json:"state" bson:"state"`
	Units   []Units `json:"units" bson:"units"`
	Reason  Reason  `json:"reason" bson:"reason"`
	Text    string  `json:"text" bson:"text"`
	// Wanted is what the buyer asks back, Agreed what was agreed on.
	Wanted   money.Money       `json:"wanted" bson:"wanted"`
	Agreed   money.Money       `json:"agreed,omitzero" bson:"agreed,omitempty"`
	Evidence []picture.Picture `json:"evidence" bson:"evidence"`
	// Back is the box that goods come back in.
	Carrier  string `json:"carrier,omitempty" bson:"carrier,omitempty"`
	Tracking string `json:"tracking,omitempty" bson:"tracking,omitempty"`
	// Instead is the parcel of an exchange's new units.
	Instead  id.Parcel `json:"instead,omitempty" bson:"instead,omitempty"`
	OpenedAt time.Time `json:"opened_at" bson:"opened_at"`
	// Due is when the state's timer decides, and Then what for.
	Due      time.Time `json:"due,omitzero" bson:"due,omitempty"`
	Then     State     `json:"then,omitempty" bson:"then,omitempty"`
	ClosedAt time.Time `json:"closed_at,omitzero" bson:"closed_at,omitempty"`
	Log      []Step    `json:"log" bson:"log"`
}

// Kind is what a buyer asks for.
type Kind string

const (
	Cancel   Kind = "cancel"      // before it is sent
	Money    Kind = "refund_only" // money back, the goods stay
	Return   Kind = "return"      // money back for goods back
	Exchange Kind = "exchange"    // another one for it
)

// State is where it stands, and who is waited for.
//
//	asked → agreed | refused | withdrawn            the shop answers within AnswerWithin, else agreed
//	agreed → refunding                               cancel, refund_only
//	agreed → disputed | withdrawn                    the shop offers less; who does not answer within DisputeWithin takes it
//	agreed → sending_back → inspecting → refunding   return; who does not send within SendWithin has withdrawn
//	                      inspecting → replacing → done   exchange
//	                                   replacing → refunding   there is none left to send
//	refused → disputed → agreed | closed             an operator decides; who does not dispute within DisputeWithin has it closed
//	inspecting → disputed                            the shop says it is not what was sent
//	refunding → done                                 the provider has sent the money
//	refunding → closed                               it had gone back already, another way
type State string

const (
	Asked      State = "asked"
	Agreed     State = "agreed"
	Refused    State = "refused"
	Withdrawn  State = "withdrawn"
	Sending    State = "sending_back"
	Inspecting State = "inspecting"
	Replacing  State = "replacing"
	Refunding  State = "refunding"
	Disputed   State = "disputed"
	Done       State = "done"
	Closed     State = "closed"
)

// Reason is why, from a list.
type Reason string

// Reasons; those of the second line are the shop's fault.
const (
	Changed Reason = "changed_mind"
	Misfit  Reason = "does_not_fit"
	Late    Reason = "late"
	Faulty  Reason = "faulty"
	Wrong   Reason = "not_as_described"
	Missing Reason = "missing"
	Damaged Reason = "damaged"
	Fake    Reason = "counterfeit"
	// OfShop is a shop's that gives money back unasked; buyers cannot name it.
	OfShop Reason = "of_shop"
)

// ShopsFault reports whether it is the shop's doing.
func (r Reason) ShopsFault() bool {
	switch r {
	case Faulty, Wrong, Missing, Damaged, Fake:
		return true
	}
	return false
}

// NeedsEvidence reports whether a picture has to show it.
func (r Reason) NeedsEvidence() bool { return r.ShopsFault() && r != Missing }

// Over reports whether nothing comes after s.
func (s State) Over() bool { return s == Done || s == Closed || s == Withdrawn }

// Units are of one line of the order.
type Units struct {
	Line int   `json:"line" bson:"line" min:"0" max:"49"`
	N    int64 `json:"n" bson:"n" min:"1" max:"99"`
}

// Step is one thing that happened, by buyer, shop, operator or timer.
type Step struct {
	What State     `json:"what" bson:"what"`
	By   string    `json:"by" bson:"by"`
	Text string    `json:"text,omitempty" bson:"text,omitempty"`
	At   time.Time `json:"at" bson:"at"`
}

const (
	AnswerWithin  = 48 * time.Hour
	SendWithin    = 7 * 24 * time.Hour
	InspectWithin = 5 * 24 * time.Hour // then the money goes back
	DisputeWithin = 3 * 24 * time.Hour
	// Window is how long after receiving something it may be asked for.
	Window = 15 * 24 * time.Hour
	// MaxEvidence pictures are kept.
	MaxEvidence = 9
)

var (
	ErrNoSuchAfterSale = errs.New(errs.NotFound, "no_such_after_sale", "This request does not exist.")
	ErrNotNow          = errs.New(errs.Precondition, "not_now", "This cannot be done any more, or not yet.")
	ErrWindow          = errs.New(errs.Precondition, "return_window_closed", "The time for returns has passed.")
	ErrUnits           = errs.New(errs.Precondition, "units_in_after_sale", "These units are in another request, or went back already.")
	ErrEvidence        = errs.New(errs.Invalid, "evidence_required", "Please add a photo that shows it.")
	ErrReason          = errs.New(errs.Invalid, "reason_needs_return", "For this reason the goods have to come back.")
	ErrNoEvidence      = errs.New(errs.Invalid, "evidence_not_found", "One of the photos is not there. Please add it again.")
	ErrAmount          = errs.New(errs.Invalid, "bad_amount", "This is more than was paid.")
)

// Service is after-sale. Every change is once for its request id.
type Service interface {
	// Preview says what would go back for units, before anything is asked.
	Preview(ctx context.Context, in Open) (Offer, error)
	// Open asks for something: ErrWindow, ErrUnits, ErrEvidence, ErrAmount, and
	// checkout.ErrNoSuchOrder. Cancelling what nobody has begun to send is agreed at
	// once.
	Open(ctx context.Context, in Open) (AfterSale, error)
	AfterSale(ctx context.Context, in ByID) (AfterSale, error)
	// Mine pages through the caller's, OfShop through those of their shop: what waits
	// for them first.
	Mine(ctx context.Context, in List) (page.Page[AfterSale], error)
	OfShop(ctx context.Context, in List) (page.Page[AfterSale], error)
	// Give is Open by the shop, unasked: it cancels what is not sent, or gives money
	// back and leaves the goods, at once. ErrWindow, ErrUnits, ErrNotNow, and
	// checkout.ErrNoSuchOrder for what another shop sold.
	Give(ctx context.Context, in Give) (AfterSale, error)
	// Withdraw, SendBack and Dispute are the buyer's moves: ErrNotNow.
	Withdraw(ctx context.Context, in ByID) (AfterSale, error)
	SendBack(ctx context.Context, in SendBack) (AfterSale, error)
	Dispute(ctx context.Context, in Dispute) (AfterSale, error)
	// Accept takes an offer of less at once: ErrNotNow.
	Accept(ctx context.Context, in ByID) (AfterSale, error)
	// OfOrder returns an order's requests to its buyer, latest first.
	OfOrder(ctx context.Context, in ByOrder) (AfterSales, error)
	// Answer and Inspect are the shop's: ErrNotNow, ErrAmount.
	Answer(ctx context.Context, in Answer) (AfterSale, error)
	Inspect(ctx context.Context, in Inspect) (AfterSale, error)
	// Disputes pages through what an operator has to decide; Decide decides it.
	Disputes(ctx context.Context, in page.Ask) (page.Page[AfterSale], error)
	Decide(ctx context.Context, in Decide) (AfterSale, error)
}

type (
	ByID struct {
		ID id.AfterSale `path:"id" json:"-" max:"64"`
	}
	ByOrder struct {
		ID id.Order `path:"id" json:"-" max:"64"`
	}
	AfterSales struct {
		Items []AfterSale `json:"items"`
	}
	List struct {
		page.Ask
		State State `query:"state" json:"-" enum:"asked,agreed,refused,withdrawn,sending_back,inspecting,replacing,refunding,disputed,done,closed"`
		// Order asks for those of one order, latest first.
		Order id.Order `query:"order" json:"-" max:"64"`
	}
	Open struct {
		Order     id.Order    `json:"order" min:"1" max:"64"`
		Kind      Kind        `json:"kind" enum:"cancel,refund_only,return,exchange"`
		Units     []Units     `json:"units" min:"1" max:"50"` // of one shop
		Reason    Reason      `json:"reason" enum:"changed_mind,does_not_fit,late,faulty,not_as_described,missing,damaged,counterfeit"`
		Text      string      `json:"text" max:"1000"`
		Amount    money.Money `json:"amount,omitzero"` // of refund_only: less than all
		Evidence  []id.Media  `json:"evidence" max:"9"`
		RequestID string      `header:"Idempotency-Key" json:"-"`
	}
	Give struct {
		Order id.Order `json:"order" min:"1" max:"64"`
		Kind  Kind     `json:"kind" enum:"cancel,refund_only"`
		Units []Units  `json:"units" min:"1" max:"50"`
		Text  string   `json:"text" min:"1" max:"1000"` // for the buyer
		// Restock puts the units back on sale.
		Restock   bool   `json:"restock"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	// Offer is what would go back.
	Offer struct {
		Amount   money.Money `json:"amount"`
		Shipping money.Money `json:"shipping"` // of it
		Points   int64       `json:"points"`
		Coupons  bool        `json:"coupons"` // come back, since nothing of the order is left
	}
	SendBack struct {
		ID       id.AfterSale `path:"id" json:"-" max:"64"`
		Carrier  string       `json:"carrier" min:"1" max:"40"`
		Tracking string       `json:"tracking" min:"1" max:"64"`
	}
	Dispute struct {
		ID       id.AfterSale `path:"id" json:"-" max:"64"`
		Text     string       `json:"text" min:"1" max:"1000"`
		Evidence []id.Media   `json:"evidence" max:"9"`
	}
	Answer struct {
		ID     id.AfterSale `path:"id" json:"-" max:"64"`
		Agree  bool         `json:"agree"`
		Amount money.Money  `json:"amount,omitzero"` // less than wanted: an offer that the buyer may dispute
		Text   string       `json:"text" max:"1000"`
	}
	Inspect struct {
		ID   id.AfterSale `path:"id" json:"-" max:"64"`
		Fine bool         `json:"fine"`
		Text string       `json:"text" max:"1000"`
		// Restock puts the units back on sale.
		Restock bool `json:"restock"`
	}
	Decide struct {
		ID     id.AfterSale `path:"id" json:"-" max:"64"`
		Agree  bool         `json:"agree"`
		Amount money.Money  `json:"amount,omitzero"`
		Text   string       `json:"text" min:"1" max:"1000"`
	}
)

// Moved is announced whenever one changes its state. Key is its id and how many
// steps it took.
var Moved = bus.Topic[MovedData]{Name: "aftersale.Moved", Confirm: []string{"fulfil", "ledger"}}

// MovedData is a request as it stands, and whose it is.
type MovedData struct {
	AfterSale
	Buyer id.User `json:"buyer"`
}
