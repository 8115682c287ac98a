// Package checkout turns a tap on a purchase link into a paid order.
//
// A shopper asks for a quote, places it, and pays on the provider's page. The
// provider's signed webhook completes the order; so does asking the provider,
// and both go down one path. What is not paid in time expires and gives its
// units back; what is paid too late is served if units are left, and refunded
// if not.
//
// All prices are frozen at quoting, line by line, with who bears each saving and
// who gets what. A refund gives back parts of those lines and nothing else, and
// is decided by one write of its order; the provider and the shelf hear of it
// after, until they have it. Once a day the provider's statement is compared with
// our books.
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
	"meadow/services/promo"
)

// Quote is a price with its parts, held for QuoteTTL.
type Quote struct {
	ID        string `json:"id" bson:"_id"`
	Lines     []Line `json:"lines" bson:"lines"`
	Parts     []Part `json:"parts" bson:"parts"` // one for each shop
	Sum       `bson:",inline"`
	Refusals  []promo.Refusal `json:"refusals" bson:"-"` // what was chosen, or might have applied, and does not
	Plans     []Plan          `json:"plans" bson:"-"`    // to pay in instalments
	ExpiresAt time.Time       `json:"expires_at" bson:"expires_at"`
}

// Sum is what lines come to: Total = Goods - savings on them + Shipping + Tax,
// which is the sum of what is due for each line.
type Sum struct {
	Goods    money.Money    `json:"goods" bson:"goods"` // at deal prices
	Savings  []promo.Saving `json:"savings" bson:"savings"`
	Saved    money.Money    `json:"saved" bson:"saved"`       // sum of Savings
	Shipping money.Money    `json:"shipping" bson:"shipping"` // after savings on it
	Tax      money.Money    `json:"tax" bson:"tax"`
	Total    money.Money    `json:"total" bson:"total"`
	Points   int64          `json:"points,omitempty" bson:"points,omitempty"` // paid with, among Savings
	Earns    int64          `json:"earns,omitempty" bson:"earns,omitempty"`   // points that it brings once the return window has closed
}

// Part is what one shop sends of an order.
type Part struct {
	Parcel   id.Parcel   `json:"parcel,omitempty" bson:"parcel,omitempty"` // absent in a quote
	Merchant id.Merchant `json:"merchant" bson:"merchant"`
	Shop     string      `json:"shop" bson:"shop"`   // its name
	Lines    []int       `json:"lines" bson:"lines"` // of the order
	Shipping money.Money `json:"shipping" bson:"shipping"`
	// Earliest and Latest are when it should arrive, as days from payment.
	Earliest int    `json:"earliest_days" bson:"earliest"`
	Latest   int    `json:"latest_days" bson:"latest"`
	Note     string `json:"note,omitempty" bson:"note,omitempty"` // of the buyer to the shop
}

// Plan is a way to pay in instalments, with all that it costs.
type Plan struct {
	Months int         `json:"months"`
	Each   money.Money `json:"each"` // the first may be up to Months minor units more
	Cost   money.Money `json:"cost"` // what the financier keeps, on top of the quote's total
	Total  money.Money `json:"total"`
	APR    money.Rate  `json:"apr"` // effective, a year
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
	List     money.Money     `json:"list" bson:"list"`   // of one, for everybody
	Price    money.Money     `json:"price" bson:"price"` // of one, at its deal
	Deal     promo.Deal      `json:"deal,omitzero" bson:"deal,omitempty"`
	Amount   money.Money     `json:"amount" bson:"amount"` // Price × N
	Saved    money.Money     `json:"saved" bson:"saved"`   // its share of the savings on goods
	Shipping money.Money     `json:"shipping" bson:"shipping"`
	Tax      money.Money     `json:"tax" bson:"tax"`
	Due      money.Money     `json:"due" bson:"due"` // Amount - Saved + Shipping + Tax
	// Platform is what of Saved the platform bears; the merchant bears the rest.
	Platform money.Money `json:"-" bson:"platform"`
	// ByPoints is what of Platform was paid with points.
	ByPoints money.Money `json:"-" bson:"by_points"`
	// Back is what was refunded of it so far, ShippingBack what of that was shipping,
	// Returned how many units.
	Back         money.Money `json:"back,omitzero" bson:"back,omitempty"`
	ShippingBack money.Money `json:"shipping_back,omitzero" bson:"shipping_back,omitempty"`
	Returned     int64       `json:"returned,omitempty" bson:"returned,omitempty"`
	// Source credits the post that sold the line; absent if none did.
	Source creator.Attribution `json:"source,omitzero" bson:"source,omitempty"`
	// Met is where the buyer met what sold it.
	Met insight.Source `json:"-" bson:"met,omitempty"`
	// Fee is what the platform keeps, and Commission what the source's creator earns
	// at Rate: both of what was paid for the goods, Amount - Saved.
	Fee        money.Money `json:"-" bson:"fee"`
	Rate       money.Rate  `json:"-" bson:"rate"`
	Commission money.Money `json:"-" bson:"commission"`
}

// Order is a purchase. Its prices are those of its quote.
type Order struct {
	ID    id.Order `json:"id" bson:"_id"`
	Buyer id.User  `json:"buyer" bson:"buyer"`
	Lines []Line   `json:"lines" bson:"lines"`
	Parts []Part   `json:"parts" bson:"parts"`
	Sum   `bson:",inline"`
	Back  money.Money `json:"back,omitzero" bson:"back,omitempty"` // refunded so far, never above Total
	State State       `json:"state" bson:"state"`
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
//	unpaid → refunding → refunded                an offer that it took is gone
//	paid → refunding → refunded        all of it went back
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

// What an operator decides about a frozen payment.
const (
	Accept    = "accept"
	RefundAll = "refund"
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
	ErrNoSuchQuote      = errs.New(errs.NotFound, "no_such_quote", "This price has run out. Please check it again.")
	ErrNoSuchOrder      = errs.New(errs.NotFound, "no_such_order", "This order does not exist.")
	ErrNoSuchPayment    = errs.New(errs.NotFound, "no_such_payment", "This payment does not exist.")
	ErrNoProvider       = errs.New(errs.Invalid, "no_such_provider", "This way to pay is not offered.")
	ErrNotPaid          = errs.New(errs.Precondition, "order_not_paid", "This order was not paid, or all of it went back.")
	ErrTooMuch          = errs.New(errs.Precondition, "refund_too_much", "That is more than is left of this order.")
	ErrCartFull         = errs.New(errs.Exhausted, "cart_full", "Your cart is full. Please take something out first.")
	ErrNoSuchDifference = errs.New(errs.NotFound, "no_such_difference", "This difference does not exist.")
	ErrResolved         = errs.New(errs.Precondition, "difference_resolved", "Somebody has resolved this already.")
	ErrNotFrozen        = errs.New(errs.Precondition, "payment_not_frozen", "There is nothing to decide about this payment.")
	ErrNotCovered       = errs.New(errs.Precondition, "payment_not_covered", "The provider does not have enough money of this payment.")
	ErrManyRefunds      = errs.New(errs.Exhausted, "too_many_refunds", "Money of this order went back too often. Please ask us.")
	ErrNotUnpaid        = errs.New(errs.Precondition, "order_not_unpaid", "This order is already paid or closed.")
	ErrUnpaid           = errs.New(errs.Precondition, "too_many_unpaid", "Please pay or cancel your open orders first.")
	ErrCurrencies       = errs.New(errs.Invalid, "mixed_currencies", "These products cannot be bought together.")
	ErrDoubleSKU        = errs.New(errs.Invalid, "sku_twice", "Each product choice can be in an order once.")
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
	// Sales pages through the paid lines of the caller's shop, latest first, for who
	// sees to its money or its orders: catalog.ErrNoDuty.
	Sales(ctx context.Context, in page.Ask) (page.Page[Sale], error)
	// Webhook takes a provider's message: ErrNoProvider, pay.ErrSignature. Once it
	// returned nil the message is stored and will be acted on, once.
	Webhook(ctx context.Context, in Webhook) (rpc.Empty, error)
	// Refund sends money of a paid order back to its buyer, once for each request
	// id: ErrNoSuchOrder, ErrNotPaid, ErrTooMuch. What goes back is the frozen price
	// of the units named, the last unit of a line with what rounding left; never
	// more than was captured. It is for the shop's own parts.
	Refund(ctx context.Context, in AskRefund) (Refund, error)

	// DeskPayments pages through the payments of a state, those begun last first; or
	// of an order, or one payment, if Find names it. Operators only.
	DeskPayments(ctx context.Context, in DeskPayments) (page.Page[DeskPayment], error)
	// ResolvePayment decides about a frozen payment: its money buys the order after
	// all, if it covers it (ErrNotCovered), or goes back: ErrNotFrozen,
	// ErrNoSuchPayment. Operators only, and nobody about their own.
	ResolvePayment(ctx context.Context, in ResolvePayment) (DeskPayment, error)
	// Differences pages through what a provider's statement and our books say
	// differently, latest first. Operators only.
	Differences(ctx context.Context, in Differences) (page.Page[Difference], error)
	// Resolve notes what became of a difference, once: ErrNoSuchDifference,
	// ErrResolved.
	Resolve(ctx context.Context, in Resolve) (Difference, error)

	// Cart returns the caller's cart, or the visitor's by its key, with what has
	// changed since things were put in.
	Cart(ctx context.Context, in ByCart) (Cart, error)
	// PutInCart adds units of a SKU or sets their number; 0 takes it out.
	PutInCart(ctx context.Context, in PutInCart) (Cart, error)
	// SelectInCart chooses what is to be bought.
	SelectInCart(ctx context.Context, in SelectInCart) (Cart, error)
	// JoinCart adds a visitor's cart to the caller's, once.
	JoinCart(ctx context.Context, in ByCart) (Cart, error)
}

type (
	// Ask is what a shopper chose. Nobody sends an amount.
	Ask struct {
		Lines   []Choice   `json:"lines" min:"1" max:"50"`
		Address id.Address `json:"address,omitempty" max:"64"` // where to, for shipping and tax; "" is the default one
		Coupons []string   `json:"coupons,omitempty" max:"20"` // chosen by hand; none: those that save most
		Plain   bool       `json:"plain,omitempty"`            // without any coupon
		Points  int64      `json:"points,omitempty" min:"0" max:"100000000"`
	}
	Choice struct {
		SKU  id.SKU     `json:"sku" min:"1" max:"64"`
		N    int64      `json:"n" min:"0" max:"99"`
		Deal promo.Deal `json:"deal,omitzero"`
		Link string     `json:"link,omitempty" max:"1000"` // the purchase link it was bought from
		// Source is where the buyer met what they buy from, as a screen knows it; "" is
		// not known. What the link proves counts before it.
		Source insight.Source `json:"source,omitempty" enum:"discover,following,search,profile,share,link,notice,product,video,nearby,topic,related,shop,other"`
	}
	// AskRefund names what goes back. A part's shipping goes back once every unit of it
	// has, or with the first if it is Faulty.
	AskRefund struct {
		Order     id.Order      `json:"order" min:"1" max:"64"`
		Units     []RefundUnits `json:"units" min:"1" max:"50"`
		Faulty    bool          `json:"faulty"` // it is not the buyer's doing
		Restock   bool          `json:"restock"`
		Amount    money.Money   `json:"amount,omitzero"` // less than their price: a part of it only, keeping the goods
		Reason    string        `json:"reason" min:"1" max:"200"`
		RequestID string        `json:"request_id" min:"1" max:"128"`
	}
	RefundUnits struct {
		Line int   `json:"line" min:"0" max:"49"` // of the order
		N    int64 `json:"n" min:"0" max:"99"`    // 0 with Amount: money back, and the goods stay
	}
	// Refund is one as it is kept and announced: by line what each pot gives
	// back, at the rates that were frozen.
	Refund struct {
		ID       string       `json:"id" bson:"_id"`
		Order    id.Order     `json:"order" bson:"order"`
		Buyer    id.User      `json:"buyer" bson:"buyer"`
		Payment  id.Payment   `json:"payment" bson:"payment"`
		Provider string       `json:"provider" bson:"provider"`
		Amount   money.Money  `json:"amount" bson:"amount"` // to the buyer
		Points   int64        `json:"points" bson:"points"` // of those paid with
		Whole    bool         `json:"whole" bson:"whole"`   // nothing of the order is left
		Lines    []RefundLine `json:"lines" bson:"lines"`
		Restock  bool         `json:"restock" bson:"restock"`
		Reason   string       `json:"reason" bson:"reason"`
		At       time.Time    `json:"at" bson:"at"`
		Done     bool         `json:"done" bson:"done"` // the provider has sent it
	}
	// RefundLine is of one line: Due = Amount - Saved + Shipping + Tax, as of the
	// line itself.
	RefundLine struct {
		Line       int         `json:"line" bson:"line"`
		SKU        id.SKU      `json:"sku" bson:"sku"`
		Merchant   id.Merchant `json:"merchant" bson:"merchant"`
		Creator    id.User     `json:"creator,omitempty" bson:"creator,omitempty"`
		N          int64       `json:"n" bson:"n"`
		Amount     money.Money `json:"amount" bson:"amount"`
		Saved      money.Money `json:"saved" bson:"saved"`
		Platform   money.Money `json:"platform" bson:"platform"`
		ByPoints   money.Money `json:"by_points" bson:"by_points"` // of Platform
		Shipping   money.Money `json:"shipping" bson:"shipping"`
		Tax        money.Money `json:"tax" bson:"tax"`
		Due        money.Money `json:"due" bson:"due"`
		Fee        money.Money `json:"fee" bson:"fee"`
		Commission money.Money `json:"commission" bson:"commission"`
	}
	// Difference is one thing that a provider's statement of a day and our books do
	// not say alike.
	Difference struct {
		ID       string         `json:"id" bson:"_id"`
		Provider string         `json:"provider" bson:"provider"`
		Day      time.Time      `json:"day" bson:"day"`
		Kind     DifferenceKind `json:"kind" bson:"kind"`
		Ref      string         `json:"ref" bson:"ref"` // the payment's id, or the refund's
		Payment  id.Payment     `json:"payment" bson:"payment"`
		Order    id.Order       `json:"order,omitempty" bson:"order,omitempty"`
		Ours     money.Money    `json:"ours" bson:"ours"`
		Theirs   money.Money    `json:"theirs" bson:"theirs"`
		FoundAt  time.Time      `json:"found_at" bson:"found_at"`
		// What became of it, and who says so.
		Resolved   bool      `json:"resolved" bson:"resolved"`
		Note       string    `json:"note,omitempty" bson:"note,omitempty"`
		By         id.User   `json:"by,omitempty" bson:"by,omitempty"`
		ResolvedAt time.Time `json:"resolved_at,omitzero" bson:"resolved_at,omitempty"`
	}
	// DeskPayment is a payment as an operator looks at it: with its order, and with
	// what its provider told of it, in the order that came.
	DeskPayment struct {
		ID         id.Payment   `json:"id"`
		Order      id.Order     `json:"order"`
		Buyer      id.User      `json:"buyer"`
		Provider   string       `json:"provider"`
		Amount     money.Money  `json:"amount"`
		State      PaymentState `json:"state"`
		BegunAt    time.Time    `json:"begun_at"`
		TakenAt    time.Time    `json:"taken_at,omitzero"`
		CheckAt    time.Time    `json:"check_at,omitzero"` // when the provider is asked again
		Checks     int          `json:"checks"`            // how often it was
		Events     []PayEvent   `json:"events"`
		OrderState State        `json:"order_state"`
		Total      money.Money  `json:"total"`         // of the order
		Back       money.Money  `json:"back,omitzero"` // of it, refunded so far
		Refunds    []PayBack    `json:"refunds"`
	}
	// PayEvent is one thing that a provider told.
	PayEvent struct {
		Event  string      `json:"event"` // the provider's own name for it
		State  string      `json:"state"`
		Amount money.Money `json:"amount"`
		At     time.Time   `json:"at"`
		By     id.User     `json:"by,omitempty" bson:"by,omitempty"`         // the operator who decided
		Reason string      `json:"reason,omitempty" bson:"reason,omitempty"` // of theirs
	}
	// PayBack is one refund of the order.
	PayBack struct {
		ID     string      `json:"id"`
		Amount money.Money `json:"amount"`
		Reason string      `json:"reason"`
		At     time.Time   `json:"at"`
		Done   bool        `json:"done"`
	}
	DeskPayments struct {
		page.Ask
		State PaymentState `query:"state" json:"-" enum:"pending,succeeded,failed,frozen,returned"` // frozen if absent
		Find  string       `query:"find" json:"-" max:"64"`                                         // an order's id, or a payment's
	}
	ResolvePayment struct {
		ID        id.Payment `path:"id" json:"-" max:"64"`
		Verdict   string     `json:"verdict" enum:"accept,refund"`
		Reason    string     `json:"reason" min:"1" max:"1000"`
		RequestID string     `header:"Idempotency-Key" json:"-"`
	}
	// DifferenceKind says what differs.
	DifferenceKind string
	Differences    struct {
		page.Ask
		Resolved bool `query:"resolved" json:"-"`
	}
	Resolve struct {
		ID        string `path:"id" json:"-" max:"64"`
		Note      string `json:"note" min:"1" max:"1000"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	// ByCart names a cart: the caller's, or a visitor's by the key that their device
	// keeps (at least 20 characters that nobody guesses).
	ByCart struct {
		Key string `query:"key" json:"key,omitempty" max:"64"`
	}
	PutInCart struct {
		Key string `query:"key" json:"-" max:"64"`
		Choice
		// Set makes N the number; else N is added.
		Set bool `json:"set,omitempty"`
	}
	SelectInCart struct {
		Key  string   `query:"key" json:"-" max:"64"`
		SKUs []id.SKU `json:"skus" max:"100"`
		On   bool     `json:"on"`
	}
	// Cart is what somebody may buy, by shop, latest first.
	Cart struct {
		Shops []CartShop `json:"shops"`
		Count int64      `json:"count"` // units that can be bought
	}
	CartShop struct {
		Merchant id.Merchant `json:"merchant"`
		Shop     string      `json:"shop"`
		Lines    []CartLine  `json:"lines"`
	}
	CartLine struct {
		Line
		Link     string      `json:"link,omitempty"`
		Selected bool        `json:"selected"`
		Was      money.Money `json:"was,omitzero"` // its price when it was put in, if that has changed
		Left     int64       `json:"left"`         // how many can be bought
		// Gone says why it cannot be bought: sold_out, delisted, too_few.
		Gone string    `json:"gone,omitempty"`
		At   time.Time `json:"at"`
	}
	Place struct {
		Quote     string     `json:"quote" min:"1" max:"64"`
		Address   id.Address `json:"address" min:"1" max:"64"`
		Notes     []string   `json:"notes,omitempty" max:"50"` // to the shops, in the order of the quote's parts
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

const (
	Unbooked  DifferenceKind = "unbooked"  // they have it, we do not
	Unsettled DifferenceKind = "unsettled" // we have it, they do not
	Otherwise DifferenceKind = "amount"    // both do, with other amounts
)

// What happens to orders. Each happens to an order at most once.
var (
	OrderPaid      = bus.Topic[OrderData]{Name: "checkout.Paid", Shared: true, Confirm: []string{"ledger", "catalog", "checkout", "fulfil", "points", "cashback", "invite", "groupbuy", "coupon"}}
	OrderCancelled = bus.Topic[OrderData]{Name: "checkout.Cancelled", Confirm: []string{"catalog", "promo"}}
	// OrderRefunded is announced when money of a paid order went back, once for each
	// refund. Key is the refund's id.
	OrderRefunded = bus.Topic[Refund]{Name: "checkout.Refunded", Confirm: []string{"ledger", "promo", "fulfil", "points", "cashback", "invite"}}
	OrderExpired  = bus.Topic[OrderData]{Name: "checkout.Expired", Confirm: []string{"catalog", "promo"}}
	// PaymentReturned is announced when money that came too late, or twice, went
	// back to its buyer.
	PaymentReturned = bus.Topic[Payment]{Name: "checkout.PaymentReturned", Confirm: []string{"ledger"}}
)

// OrderData is what others hear of an order: what it takes, and what it owes to
// whom. Of its buyer it says the account, and nothing else.
type OrderData struct {
	Order    id.Order `json:"order"`
	Buyer    id.User  `json:"buyer"`
	Provider string   `json:"provider,omitempty"` // that the money came from
	// Payment is the one that paid it: how a provider's statement is matched.
	Payment id.Payment `json:"payment,omitempty"`
	Sum
	ExpiresAt time.Time  `json:"expires_at"`
	PaidAt    time.Time  `json:"paid_at,omitzero"`
	Lines     []LineData `json:"lines"`
	Parts     []Part     `json:"parts"`
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
	Title      string        `json:"title"`
	Deal       promo.Deal    `json:"deal,omitzero"`
	Amount     money.Money   `json:"amount"`
	Saved      money.Money   `json:"saved"`
	Platform   money.Money   `json:"platform"`
	ByPoints   money.Money   `json:"by_points"` // of Platform
	Shipping   money.Money   `json:"shipping"`
	Tax        money.Money   `json:"tax"`
	Due        money.Money   `json:"due"`
	Fee        money.Money   `json:"fee"`
	Commission money.Money   `json:"commission"`
}
