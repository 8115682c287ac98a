// Package checkout turns a tap on a purchase link into a paid order.
//
// A shopper asks for a quote, places it, and pays on the provider's page. The
// provider's signed webhook completes the order; so does asking the provider,
// and both go down one path. What is not paid in time expires and gives its
// units back; what is paid too late is served if units are left, and refunded
// if not.
package checkout

import (
	"context"
	"time"

	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/bus"
	"meadow/services/platform/rpc"
)

// Quote is a price with its parts, held for QuoteTTL.
type Quote struct {
	ID        string      `json:"id" bson:"_id"`
	Lines     []Line      `json:"lines" bson:"lines"`
	Goods     money.Money `json:"goods" bson:"goods"`
	Shipping  money.Money `json:"shipping" bson:"shipping"`
	Total     money.Money `json:"total" bson:"total"`
	ExpiresAt time.Time   `json:"expires_at" bson:"expires_at"`
}

// Line is one SKU of a quote or an order, frozen at quoting.
type Line struct {
	SKU      id.SKU          `json:"sku" bson:"sku"`
	Product  id.Product      `json:"product" bson:"product"`
	Merchant id.Merchant     `json:"merchant" bson:"merchant"`
	Title    string          `json:"title" bson:"title"`
	Values   []string        `json:"values" bson:"values"`
	Picture  picture.Picture `json:"picture,omitzero" bson:"picture,omitempty"`
	N        int64           `json:"n" bson:"n"`
	Price    money.Money     `json:"price" bson:"price"` // of one
	Amount   money.Money     `json:"amount" bson:"amount"`
	// Source credits the post that sold the line; absent if none did.
	Source creator.Attribution `json:"source,omitzero" bson:"source,omitempty"`
	// Met is where the buyer met what sold it.
	Met insight.Source `json:"-" bson:"met,omitempty"`
	// Fee is what the platform keeps of Amount, and Commission what the source's
	// creator earns of it, at Rate.
	Fee        money.Money `json:"-" bson:"fee"`
	Rate       money.Rate  `json:"-" bson:"rate"`
	Commission money.Money `json:"-" bson:"commission"`
}

// Order is a purchase. Its prices are those of its quote.
type Order struct {
	ID       id.Order    `json:"id" bson:"_id"`
	Buyer    id.User     `json:"buyer" bson:"buyer"`
	Lines    []Line      `json:"lines" bson:"lines"`
	Goods    money.Money `json:"goods" bson:"goods"`
	Shipping money.Money `json:"shipping" bson:"shipping"`
	Total    money.Money `json:"total" bson:"total"`
	State    State       `json:"state" bson:"state"`
	// ShipTo names the receiver for the buyer's eyes: "Li · 138****8000 · Shanghai".
	// The address itself is sealed.
	ShipTo    string    `json:"ship_to" bson:"ship_to"`
	PlacedAt  time.Time `json:"placed_at" bson:"placed_at"`
	ExpiresAt time.Time `json:"expires_at" bson:"expires_at"`
	PaidAt    time.Time `json:"paid_at,omitzero" bson:"paid_at,omitempty"`
	ClosedAt  time.Time `json:"closed_at,omitzero" bson:"closed_at,omitempty"`
}

// State is how far an order has got.
//
//	unpaid → paid
//	unpaid → cancelled | expired
//	expired → paid                     paid late, units were left
//	expired | cancelled → refunding → refunded   paid late, or after cancelling
type State string

const (
	Unpaid    State = "unpaid"
	Paid      State = "paid"
	Cancelled State = "cancelled" // by the buyer
	Expired   State = "expired"   // not paid in time
	Refunding State = "refunding" // the money is on its way back
	Refunded  State = "refunded"
)

// Payment is one attempt to pay an order with a provider.
type Payment struct {
	ID       id.Payment   `json:"id" bson:"_id"`
	Order    id.Order     `json:"order" bson:"order"`
	Provider string       `json:"provider" bson:"provider"`
	Amount   money.Money  `json:"amount" bson:"amount"`
	State    PaymentState `json:"state" bson:"state"`
	URL      string       `json:"url" bson:"url"` // the provider's hosted page
}

// PaymentState is a fold over what the provider told us.
type PaymentState string

const (
	Pending   PaymentState = "pending"
	Succeeded PaymentState = "succeeded"
	Failed    PaymentState = "failed"
	Frozen    PaymentState = "frozen" // amount or currency differ: somebody must look
	Returned  PaymentState = "returned"
)

const (
	// QuoteTTL is how long a quoted price is held.
	QuoteTTL = 10 * time.Minute
	// MaxUnpaid is about how many orders one account may leave unpaid at a time: each
	// holds units that others cannot buy.
	MaxUnpaid = 30
	// PayWithin is how long an order waits for its money.
	PayWithin = 15 * time.Minute
	// HoldGrace is how much longer its units are held: a payment takes time to
	// be told of.
	HoldGrace = 5 * time.Minute
)

var (
	ErrNoSuchQuote   = errs.New(errs.NotFound, "no_such_quote", "This price has run out. Please check it again.")
	ErrNoSuchOrder   = errs.New(errs.NotFound, "no_such_order", "This order does not exist.")
	ErrNoSuchPayment = errs.New(errs.NotFound, "no_such_payment", "This payment does not exist.")
	ErrNoProvider    = errs.New(errs.Invalid, "no_such_provider", "This way to pay is not offered.")
	ErrNotUnpaid     = errs.New(errs.Precondition, "order_not_unpaid", "This order is already paid or closed.")
	ErrUnpaid        = errs.New(errs.Precondition, "too_many_unpaid", "Please pay or cancel your open orders first.")
	ErrCurrencies    = errs.New(errs.Invalid, "mixed_currencies", "These products cannot be bought together.")
	ErrDoubleSKU     = errs.New(errs.Invalid, "sku_twice", "Each product choice can be in an order once.")
)

// Service is the till.
type Service interface {
	// Quote prices lines for whoever asks: the errors of catalog.Price,
	// ErrCurrencies, ErrDoubleSKU. Stock is not held. A purchase link that is not
	// valid any more credits nobody, and does not stand in the way.
	Quote(ctx context.Context, in Ask) (Quote, error)
	// Place reserves the quote's units and makes the order, once for each request
	// id: ErrNoSuchQuote, ErrUnpaid, account.ErrNoAddress, catalog.ErrSoldOut,
	// rpc.ErrReused.
	Place(ctx context.Context, in Place) (Order, error)
	// Pay starts a payment of an unpaid order, once for each request id:
	// ErrNoSuchOrder, ErrNotUnpaid, ErrNoProvider.
	Pay(ctx context.Context, in Pay) (Payment, error)
	// Confirm asks the provider how a payment stands, for a shopper who came back
	// before the webhook did: ErrNoSuchPayment.
	Confirm(ctx context.Context, in ByPayment) (Payment, error)
	// Cancel closes an unpaid order: ErrNoSuchOrder, ErrNotUnpaid. A cancelled one
	// is answered as it is.
	Cancel(ctx context.Context, in ByOrder) (Order, error)
	// Order returns an order of the caller's; others' do not exist for them
	// (ErrNoSuchOrder).
	Order(ctx context.Context, in ByOrder) (Order, error)
	// Orders pages through the caller's orders, latest first.
	Orders(ctx context.Context, in Orders) (page.Page[Order], error)
	// Sales pages through the paid lines of the caller's shop, latest first.
	Sales(ctx context.Context, in page.Ask) (page.Page[Sale], error)
	// Webhook takes a provider's message: ErrNoProvider, pay.ErrSignature. Once it
	// returned nil the message is stored and will be acted on, once.
	Webhook(ctx context.Context, in Webhook) (rpc.Empty, error)
}

type (
	// Ask is what a shopper chose. Nobody sends an amount.
	Ask struct {
		Lines []Choice `json:"lines" min:"1" max:"50"`
	}
	Choice struct {
		SKU  id.SKU `json:"sku" min:"1" max:"64"`
		N    int64  `json:"n" min:"1" max:"99"`
		Link string `json:"link,omitempty" max:"1000"` // the purchase link it was bought from
		// Source is where the buyer met what they buy from, as a screen knows it; "" is
		// not known. What the link proves counts before it.
		Source insight.Source `json:"source,omitempty" enum:"discover,following,search,profile,share,link,notice,product,video,nearby,topic,related,shop,other"`
	}
	Place struct {
		Quote     string     `json:"quote" min:"1" max:"64"`
		Address   id.Address `json:"address" min:"1" max:"64"`
		RequestID string     `header:"Idempotency-Key" json:"-"`
	}
	Pay struct {
		ID        id.Order `path:"id" json:"-" max:"64"`
		Provider  string   `json:"provider" min:"1" max:"40"`
		RequestID string   `header:"Idempotency-Key" json:"-"`
	}
	ByOrder struct {
		ID id.Order `path:"id" json:"-" max:"64"`
	}
	ByPayment struct {
		ID id.Payment `path:"id" json:"-" max:"64"`
	}
	Orders struct {
		page.Ask
		State State `query:"state" json:"-" enum:"unpaid,paid,cancelled,expired,refunding,refunded"`
	}
	// Sale is a paid line as its merchant sees it. The buyer is not named.
	Sale struct {
		Order      id.Order    `json:"order"`
		Line       Line        `json:"line"`
		Commission money.Money `json:"commission"`
		Creator    id.User     `json:"creator,omitempty"`
		PaidAt     time.Time   `json:"paid_at"`
	}
	// Webhook is a provider's message as it came: its bytes are what is signed.
	Webhook struct {
		Provider  string `json:"provider" min:"1" max:"40"`
		Signature string `json:"signature" max:"1000"`
		Body      []byte `json:"body" max:"65536"`
	}
)

// What happens to orders. Each happens to an order at most once.
var (
	OrderPaid      = bus.Topic[OrderData]{Name: "checkout.Paid", Confirm: []string{"ledger", "catalog", "checkout"}}
	OrderCancelled = bus.Topic[OrderData]{Name: "checkout.Cancelled", Confirm: []string{"catalog"}}
	OrderExpired   = bus.Topic[OrderData]{Name: "checkout.Expired", Confirm: []string{"catalog"}}
	// PaymentReturned is announced when money that came too late, or twice, went
	// back to its buyer.
	PaymentReturned = bus.Topic[Payment]{Name: "checkout.PaymentReturned", Confirm: []string{"ledger"}}
)

// OrderData is what others hear of an order: what it takes, and what it owes to
// whom. Of its buyer it says the account, and nothing else.
type OrderData struct {
	Order     id.Order    `json:"order"`
	Buyer     id.User     `json:"buyer"`
	Provider  string      `json:"provider,omitempty"` // that the money came from
	Total     money.Money `json:"total"`
	Shipping  money.Money `json:"shipping"`
	ExpiresAt time.Time   `json:"expires_at"`
	PaidAt    time.Time   `json:"paid_at,omitzero"`
	Lines     []LineData  `json:"lines"`
}

// LineData is a line of it.
type LineData struct {
	SKU      id.SKU      `json:"sku"`
	Product  id.Product  `json:"product"`
	N        int64       `json:"n"`
	Merchant id.Merchant `json:"merchant"`
	Creator  id.User     `json:"creator,omitempty"`
	Post     id.Post     `json:"post,omitempty"`  // that sold it
	Trace    id.Trace    `json:"trace,omitempty"` // of the chain it belongs to
	// Reach is whose doing the sale is: see insight.Source. "" of a line from before
	// this was known.
	Reach      insight.Reach `json:"reach,omitempty"`
	Amount     money.Money   `json:"amount"`
	Fee        money.Money   `json:"fee"`
	Commission money.Money   `json:"commission"`
}
