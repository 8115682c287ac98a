// Package promo is what lowers a price: which rules there are, which of them
// apply to a choice, who bears each saving, and what an order takes of limited
// ones.
//
// The till asks Price for every quote and freezes the answer. A rule that is
// limited (a coupon, a place in a flash sale, a seat in a team, points) is only
// looked at by Price: Lock takes it for an order, Redeem makes it final once the
// order is paid, Release gives it back while it was not, and Return after. All
// four may be called again with the same order and do nothing new.
//
// Package price computes, and nothing else: the same choice and the same rules
// give the same price. The packages beside it (coupon, fullreduction, flashsale,
// groupbuy, bargain, redpacket, points, cashback, invite) keep one kind of rule
// each, with its state, its endpoints and its suite.
package promo

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/rpc"
)

// Kind is a kind of rule.
type Kind string

const (
	Flash     Kind = "flash_sale"     // a price for a while, for few
	Group     Kind = "group_buy"      // a price for a team
	Chop      Kind = "bargain"        // a price that helpers cut down
	Member    Kind = "member_price"   // a price for a level of members
	Reduction Kind = "full_reduction" // 满减: so much off from so much on
	Discount  Kind = "full_discount"  // 满折: a share off from so much on
	Coupon    Kind = "coupon"
	Points    Kind = "points" // points paid with
	Carriage  Kind = "free_shipping"
)

// Scope is whose rule it is: of one shop, for its lines; or of the platform, for
// all.
type Scope string

const (
	OfMerchant Scope = "merchant"
	OfPlatform Scope = "platform"
)

// Saving is one rule that lowered a price, and by how much of each line.
type Saving struct {
	Rule   string      `json:"rule" bson:"rule"` // its id
	Kind   Kind        `json:"kind" bson:"kind"`
	Scope  Scope       `json:"scope" bson:"scope"`
	Name   string      `json:"name" bson:"name"` // as its maker calls it
	Amount money.Money `json:"amount" bson:"amount"`
	// Platform is what of Amount the platform bears; the merchants of the lines bear
	// the rest. It is in the lines' Platform too, that of savings on carriage as well.
	Platform money.Money `json:"-" bson:"platform"`
	// Shares are Amount by line, in the order of the lines; they sum to it.
	Shares []int64 `json:"shares" bson:"shares"`
}

// Refusal is a rule that was chosen, or might have applied, and why it does not.
type Refusal struct {
	Rule   string      `json:"rule"`
	Kind   Kind        `json:"kind"`
	Name   string      `json:"name"`
	Reason string      `json:"reason"`         // stable, such as "below_threshold", "not_stackable", "expired", "used_up"
	Short  money.Money `json:"short,omitzero"` // what the lines are short of the threshold
}

// Deal names the offer that a line was chosen at: a flash sale, a team to open
// or join, a bargain. The zero Deal is the price of everybody.
type Deal struct {
	Kind Kind   `json:"kind,omitempty" bson:"kind,omitempty" enum:"flash_sale,group_buy,bargain"`
	ID   string `json:"id,omitempty" bson:"id,omitempty" max:"64"`     // the flash sale, the group-buy offer, the bargain
	Team string `json:"team,omitempty" bson:"team,omitempty" max:"64"` // the team to join; absent to open one
}

// Use is what an order takes of a limited rule.
type Use struct {
	Kind   Kind        `json:"kind" bson:"kind"`
	Rule   string      `json:"rule" bson:"rule"`
	Ref    string      `json:"ref,omitempty" bson:"ref,omitempty"` // the one taken: a coupon's id, a team's
	SKU    id.SKU      `json:"sku,omitempty" bson:"sku,omitempty"`
	N      int64       `json:"n" bson:"n"`           // units, or points
	Amount money.Money `json:"amount" bson:"amount"` // saved by it
}

// Line is what is priced.
type Line struct {
	SKU      id.SKU      `json:"sku"`
	Product  id.Product  `json:"product"`
	Merchant id.Merchant `json:"merchant"`
	Category string      `json:"category"`
	Brand    string      `json:"brand,omitempty"`
	N        int64       `json:"n"`
	Price    money.Money `json:"price"` // of one, for everybody
	TaxClass string      `json:"tax_class,omitempty"`
	Deal     Deal        `json:"deal,omitzero"`
	Creator  id.User     `json:"creator,omitempty"` // who is credited with it
}

// Carry is what sending a merchant's lines costs before any rule.
type Carry struct {
	Merchant id.Merchant `json:"merchant"`
	Fee      money.Money `json:"fee"`
}

// Priced is what a choice costs.
type Priced struct {
	Lines    []PricedLine `json:"lines"` // in the order asked
	Savings  []Saving     `json:"savings"`
	Refusals []Refusal    `json:"refusals"`
	Carries  []Carry      `json:"carries"` // after rules
	Uses     []Use        `json:"uses"`
	Goods    money.Money  `json:"goods"`    // lines at their deal prices
	Saved    money.Money  `json:"saved"`    // sum of Savings, those on carriage too
	Shipping money.Money  `json:"shipping"` // after rules
	Tax      money.Money  `json:"tax"`      // on top of prices; 0 where prices hold it
	Total    money.Money  `json:"total"`    // Goods - savings on goods + Shipping + Tax
	Points   int64        `json:"points"`   // paid with
	Earns    int64        `json:"earns"`    // points that it will bring
}

// PricedLine is one of its lines.
type PricedLine struct {
	Price    money.Money `json:"price"`    // of one, at its deal
	Amount   money.Money `json:"amount"`   // Price × N
	Saved    money.Money `json:"saved"`    // its share of all savings on goods
	Platform money.Money `json:"platform"` // what of Saved the platform bears
	Shipping money.Money `json:"shipping"` // its share of its merchant's carriage
	Tax      money.Money `json:"tax"`
	Due      money.Money `json:"due"` // Amount - Saved + Shipping + Tax
}

var (
	ErrUsedUp   = errs.New(errs.Exhausted, "promotion_used_up", "This offer has just been used up.")
	ErrNotYours = errs.New(errs.Forbidden, "promotion_not_yours", "This offer is for somebody else.")
	ErrEnded    = errs.New(errs.Precondition, "promotion_ended", "This offer is over.")
	ErrNotYet   = errs.New(errs.Precondition, "promotion_not_begun", "This offer has not begun.")
	ErrLimit    = errs.New(errs.Precondition, "promotion_limit", "You have had as many of this offer as one person may.")
	ErrChanged  = errs.New(errs.Conflict, "price_changed", "The price has changed. Please look at it again.")
)

// Pricing is what the till asks.
type Pricing interface {
	// Price computes a choice; nothing is taken: ErrNotYours, ErrEnded, ErrNotYet,
	// ErrLimit of a deal that a line names. A coupon that does not apply is a
	// Refusal and no error.
	Price(ctx context.Context, in PriceAsk) (Priced, error)
	// Lock takes what an order uses, until an instant: all or nothing. ErrUsedUp,
	// ErrEnded, ErrLimit, ErrNotYours.
	Lock(ctx context.Context, in Lock) (rpc.Empty, error)
	// Redeem makes final what an order took; what has lapsed is taken anew, or
	// ErrUsedUp.
	Redeem(ctx context.Context, in ByOrder) (rpc.Empty, error)
	// Release gives back what an order took and did not redeem.
	Release(ctx context.Context, in ByOrder) (rpc.Empty, error)
	// Return gives back what a refunded order had redeemed, as its rules say: a
	// coupon and a place if the whole order goes back, points by what goes back.
	Return(ctx context.Context, in Return) (rpc.Empty, error)
}

type (
	PriceAsk struct {
		Buyer   id.User   `json:"buyer,omitempty" max:"64"`
		At      time.Time `json:"at"`
		Region  string    `json:"region,omitempty" max:"60"` // where it is sent, for tax
		Lines   []Line    `json:"lines" min:"1" max:"50"`
		Carries []Carry   `json:"carries" max:"50"`
		// Coupons are those chosen; with Best, those that save most are chosen here.
		Coupons []string `json:"coupons" max:"20"`
		Best    bool     `json:"best,omitempty"`
		Points  int64    `json:"points,omitempty" min:"0" max:"100000000"`
	}
	Lock struct {
		Order id.Order  `json:"order" min:"1" max:"64"`
		Buyer id.User   `json:"buyer" min:"1" max:"64"`
		Uses  []Use     `json:"uses" max:"120"`
		Until time.Time `json:"until"`
	}
	ByOrder struct {
		Order id.Order `json:"order" min:"1" max:"64"`
	}
	// Return says what of an order goes back, once for each request id.
	Return struct {
		Order     id.Order `json:"order" min:"1" max:"64"`
		Whole     bool     `json:"whole"`
		Points    int64    `json:"points"` // of those paid with
		RequestID string   `json:"request_id" min:"1" max:"128"`
	}
)

// Reasons of a Rule.Refuse and a Refusal. They are never renamed; the screens say
// them in words.
const (
	NoGoods        = "no_goods"        // none of the lines is in its scope
	BelowThreshold = "below_threshold" // Refusal.Short says by how much
	NotStackable   = "not_stackable"   // it does not go with what lowers the price more
	NothingLeft    = "nothing_left"    // there is nothing left to take it off
	UsedUp         = "used_up"
	OverLimit      = "limit"
	Ended          = "ended"
	NotBegun       = "not_begun"
	NotYours       = "not_yours"
	Unknown        = "unknown"   // no rule has this id
	Malformed      = "malformed" // it has no sense for these lines, such as another currency
)

// Source is one kind of rule, as the pricing asks it. Every package of a kind
// implements it; none knows of another. One that makes rules of several kinds
// has a method Kinds as well.
//
// Rules of a deal that a line names (Flash, Group, Chop) carry the deal's id as
// their ID; one that is not for this buyer or not for now has Refuse set to
// NotYours, Ended, NotBegun, OverLimit or UsedUp, which Price answers with the
// error of that name. A coupon that the buyer chose and that is not theirs is
// either left out or has Refuse set.
type Source interface {
	Kind() Kind
	// Rules returns what may apply to an ask, as package price understands it.
	Rules(ctx context.Context, in PriceAsk) ([]Rule, error)
	Lock(ctx context.Context, in Lock, uses []Use) error
	Redeem(ctx context.Context, order id.Order) error
	Release(ctx context.Context, order id.Order) error
	Return(ctx context.Context, in Return) error
}

// Kinds is what a Source has that makes rules of several kinds.
type Kinds interface{ Kinds() []Kind }

// Rule is one offer, ready to compute with.
//
// Thresholds (Tier.Over) look at the rule's lines at their deal prices, before
// any saving. Price is of one unit for Flash, Group, Chop and Member; the
// merchant bears deal prices whole. For Points, Price is what a hundred points
// are worth, Most is what the buyer's points are worth, the first tier's Rate the
// most of what is left that points may pay (none: all of it), and Earn what a
// purchase brings.
type Rule struct {
	ID       string      `json:"id"`
	Kind     Kind        `json:"kind"`
	Scope    Scope       `json:"scope"`
	Merchant id.Merchant `json:"merchant,omitempty"` // whose, of OfMerchant
	Name     string      `json:"name"`
	Lines    []int       `json:"lines"` // those it is for
	Tiers    []Tier      `json:"tiers,omitempty"`
	Each     bool        `json:"each,omitempty"`    // a tier's Off counts as often as its Over is reached
	Price    money.Money `json:"price,omitzero"`    // of one: Flash, Group, Chop, Member
	Most     money.Money `json:"most,omitzero"`     // it saves at most this
	Platform money.Rate  `json:"platform"`          // what of it the platform bears
	Ref      string      `json:"ref,omitempty"`     // what Use.Ref will be
	Alone    bool        `json:"alone,omitempty"`   // its lines have no other deal, campaign or coupon; points and carriage go with all
	Apart    []Kind      `json:"apart,omitempty"`   // kinds that it does not go with
	Refuse   string      `json:"refuse,omitempty"`  // it cannot apply, for this reason
	Limited  bool        `json:"limited,omitempty"` // an order takes something of it
	Chosen   bool        `json:"chosen,omitempty"`  // the buyer asked for it
	Until    time.Time   `json:"until,omitzero"`    // of two that save the same, the one that ends first is used
	// Earn is, of Points, how many points a hundred minor units of goods paid bring,
	// in basis points: 10,000 is a point for each.
	Earn money.Rate `json:"earn,omitempty"`
}

// Tier is a step of a rule: from Over on, Off, or a Rate that is taken off (2,000
// is 20 % off). The tier that saves most counts. Of Carriage, neither means that
// sending is free.
type Tier struct {
	Over money.Money `json:"over" bson:"over"`
	Off  money.Money `json:"off,omitzero" bson:"off,omitempty"`
	Rate money.Rate  `json:"rate,omitempty" bson:"rate,omitempty"`
}
