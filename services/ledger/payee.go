package ledger

import (
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/bus"
)

// Item explains what one line of an order brings its shop, or its creator.
// A shop's Net = Amount - Borne - Fee - Commission + Shipping, less what went
// back of it; a creator's is the commission, less what went back.
type Item struct {
	Order   id.Order   `json:"order" bson:"order"`
	Line    int        `json:"line" bson:"line"`
	Product id.Product `json:"product" bson:"product"`
	Title   string     `json:"title" bson:"title"`
	N       int64      `json:"n" bson:"n"`
	// Amount is at deal prices; of what was Saved on it the shop bears Borne.
	Amount     money.Money `json:"amount" bson:"amount"`
	Saved      money.Money `json:"saved" bson:"saved"`
	Borne      money.Money `json:"borne" bson:"borne"`
	Shipping   money.Money `json:"shipping" bson:"shipping"`
	Fee        money.Money `json:"fee" bson:"fee"`
	FeeRate    money.Rate  `json:"fee_rate" bson:"fee_rate"`
	Commission money.Money `json:"commission" bson:"commission"`
	Rate       money.Rate  `json:"rate" bson:"rate"` // of the commission, of the goods as paid
	// Returned is how many units went back, Refunded what their buyer got for them,
	// and Lost what of Net that took away.
	Returned int64       `json:"returned" bson:"returned"`
	Refunded money.Money `json:"refunded" bson:"refunded"`
	Lost     money.Money `json:"lost" bson:"lost"`
	Net      money.Money `json:"net" bson:"net"`
	// State is held until the return window has closed, then earned.
	State    ItemState `json:"state" bson:"state"`
	PaidAt   time.Time `json:"paid_at" bson:"paid_at"`
	EarnsAt  time.Time `json:"earns_at,omitzero" bson:"earns_at,omitempty"` // absent until it was received
	EarnedAt time.Time `json:"earned_at,omitzero" bson:"earned_at,omitempty"`
}

type ItemState string

const (
	Holding  ItemState = "held"
	Earned   ItemState = "earned"
	Reversed ItemState = "reversed" // all of it went back
)

type (
	// Period is [From, Before) by when orders were paid, dates of UTC; without them
	// the last 31 days.
	Period struct {
		page.Ask
		As     string `query:"as" json:"-" enum:"creator,merchant"`
		From   string `query:"from" json:"-" max:"10"`
		Before string `query:"before" json:"-" max:"10"`
	}
	// Totals is a statement's sums in one currency. Of Net, Held is not yet earned.
	Totals struct {
		Lines      int64       `json:"lines"`
		Amount     money.Money `json:"amount"`
		Borne      money.Money `json:"borne"`
		Shipping   money.Money `json:"shipping"`
		Fee        money.Money `json:"fee"`
		Commission money.Money `json:"commission"`
		Refunded   money.Money `json:"refunded"`
		Lost       money.Money `json:"lost"`
		Net        money.Money `json:"net"`
		Held       money.Money `json:"held"`
	}
	TotalsList struct {
		Items []Totals `json:"items"`
	}
	// Sheet is a table as text (CSV, RFC 4180), and where it goes on.
	Sheet struct {
		Name string      `json:"name"`
		Text string      `json:"text"`
		Next page.Cursor `json:"next,omitempty"`
	}
)

// CoolingOff is how long payouts wait after where they go to was changed.
const CoolingOff = 72 * time.Hour

// PayoutAccount is where a payee is paid. Its number is sealed: its owner sees
// the end of it.
type PayoutAccount struct {
	Bank      string    `json:"bank" bson:"bank"`
	Holder    string    `json:"holder" bson:"holder"` // masked
	Number    string    `json:"number" bson:"number"` // masked
	ChangedAt time.Time `json:"changed_at" bson:"changed_at"`
	ReadyAt   time.Time `json:"ready_at" bson:"ready_at"` // from when payouts go to it
}

type (
	SetPayoutAccount struct {
		As        string `json:"as" enum:"creator,merchant,wallet"`
		Bank      string `json:"bank" min:"1" max:"60"`
		Holder    string `json:"holder" min:"1" max:"60"`
		Number    string `json:"number" min:"4" max:"40"`
		Password  string `json:"password" min:"1" max:"128"` // of whoever asks, again
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	AskPayout struct {
		As        string      `json:"as" enum:"creator,merchant,wallet"`
		Amount    money.Money `json:"amount"`
		Password  string      `json:"password" min:"1" max:"128"`
		RequestID string      `header:"Idempotency-Key" json:"-"`
	}
)

// Payout is money on its way to a payee.
type Payout struct {
	ID       id.Payout   `json:"id" bson:"_id"`
	Payee    Account     `json:"payee" bson:"payee"`
	Amount   money.Money `json:"amount" bson:"amount"`
	State    PayoutState `json:"state" bson:"state"`
	Bank     string      `json:"bank" bson:"bank"`
	Number   string      `json:"number" bson:"number"` // masked
	Provider string      `json:"provider" bson:"provider"`
	// Needs is how many operators must approve it; ApprovedBy who has.
	Needs      int       `json:"needs" bson:"needs"`
	ApprovedBy []id.User `json:"approved_by" bson:"approved_by"`
	Reason     string    `json:"reason,omitempty" bson:"reason,omitempty"` // why it failed
	At         time.Time `json:"at" bson:"at"`
	SentAt     time.Time `json:"sent_at,omitzero" bson:"sent_at,omitempty"`
	EndedAt    time.Time `json:"ended_at,omitzero" bson:"ended_at,omitempty"`
}

// PayoutState is how far a payout has got.
//
//	asked → requested | failed        the amount was taken out of the payee's own, or was not there
//	requested → approved | failed     by operators
//	approved → sent → paid | failed   by the bank; what failed is the payee's own again
type PayoutState string

const (
	PayoutNew       PayoutState = "asked"
	PayoutRequested PayoutState = "requested"
	PayoutApproved  PayoutState = "approved"
	PayoutSent      PayoutState = "sent"
	PayoutDone      PayoutState = "paid"
	PayoutBack      PayoutState = "failed"
)

type (
	PayoutsBy struct {
		page.Ask
		State PayoutState `query:"state" json:"-" enum:"requested,approved,sent,paid,failed"`
	}
	DecidePayout struct {
		ID        id.Payout `path:"id" json:"-" max:"64"`
		Reason    string    `json:"reason,omitempty" max:"200"`
		RequestID string    `header:"Idempotency-Key" json:"-"`
	}
)

// Terms is how a shop is settled: Days after receipt, at most until the return
// window closes. A shop that has earned trust waits less.
type Terms struct {
	Merchant id.Merchant `json:"merchant" bson:"_id"`
	Days     int         `json:"days" bson:"days"` // 3, 7 or 15
	By       id.User     `json:"by,omitempty" bson:"by,omitempty"`
	At       time.Time   `json:"at,omitzero" bson:"at,omitempty"`
}

// UsualDays is how long a shop waits that nobody has decided about.
const UsualDays = 15

// SetTerms says Days for a shop.
type SetTerms struct {
	ID   id.Merchant `path:"id" json:"-" max:"64"`
	Days int         `json:"days" min:"3" max:"15"`
}

// Day is one day of a provider's statement, compared with our entries.
type Day struct {
	ID          string    `json:"id" bson:"_id"`
	Provider    string    `json:"provider" bson:"provider"`
	Day         string    `json:"day" bson:"day"`             // 2026-03-01, of UTC
	Movements   int64     `json:"movements" bson:"movements"` // theirs
	Entries     int64     `json:"entries" bson:"entries"`     // ours
	Differences int64     `json:"differences" bson:"differences"`
	At          time.Time `json:"at" bson:"at"`
}

// Difference is a movement that a provider and we see differently: Ours or
// Theirs is nothing if one side does not know it. One that the next day explains
// closes by itself.
type Difference struct {
	ID       string      `json:"id" bson:"_id"`
	Provider string      `json:"provider" bson:"provider"`
	Ref      string      `json:"ref" bson:"ref"`
	Order    id.Order    `json:"order,omitempty" bson:"order,omitempty"`
	Ours     money.Money `json:"ours" bson:"ours"`
	Theirs   money.Money `json:"theirs" bson:"theirs"`
	Day      string      `json:"day" bson:"day"` // it was first seen on
	Note     string      `json:"note,omitempty" bson:"note,omitempty"`
	By       id.User     `json:"by,omitempty" bson:"by,omitempty"`
	ClosedAt time.Time   `json:"closed_at,omitzero" bson:"closed_at,omitempty"`
}

type CloseDifference struct {
	ID   string `path:"id" json:"-" max:"200"`
	Note string `json:"note" min:"1" max:"500"`
}

// What payees want to hear of. Each happens once for its key.
var (
	// PayoutAccountChanged is announced when somebody changed where a payee is paid:
	// their owner should know before it has cooled off.
	PayoutAccountChanged = bus.Topic[PayoutAccountData]{Name: "ledger.PayoutAccountChanged", Confirm: []string{"engage"}}
	// PayoutEnded is announced when a payout was paid, or failed.
	PayoutEnded = bus.Topic[PayoutData]{Name: "ledger.PayoutEnded", Confirm: []string{"engage"}}
)

type (
	// PayoutAccountData says who changed it, and its number's end.
	PayoutAccountData struct {
		Payee   Account   `json:"payee"`
		By      id.User   `json:"by"`
		Number  string    `json:"number"`
		ReadyAt time.Time `json:"ready_at"`
	}
	// PayoutData says who asked for it, and how it ended.
	PayoutData struct {
		Payout id.Payout   `json:"payout"`
		Payee  Account     `json:"payee"`
		By     id.User     `json:"by"`
		Amount money.Money `json:"amount"`
		State  PayoutState `json:"state"`
		Reason string      `json:"reason,omitempty"`
	}
)
