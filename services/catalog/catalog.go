// Package catalog is what merchants sell and how much of it is left.
//
// A merchant lists products; a product comes in SKUs, which carry the price;
// a SKU's stock lies in cells of at most 500 units. Units move in three steps:
// an order reserves them for a while, then commits or releases them. Catalog is
// the one owner of stock: nobody else counts it.
package catalog

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/bus"
	"meadow/services/platform/rpc"
)

// Merchant owns goods and is paid for them.
type Merchant struct {
	ID       id.Merchant     `json:"id" bson:"_id"`
	Owner    id.User         `json:"owner" bson:"owner"`
	Name     string          `json:"name" bson:"name"`
	Story    string          `json:"story" bson:"story"`
	Logo     picture.Picture `json:"logo,omitzero" bson:"logo,omitempty"`
	OpenedAt time.Time       `json:"opened_at" bson:"opened_at"`
}

// Product is a thing for sale, in one or more SKUs.
type Product struct {
	ID       id.Product  `json:"id" bson:"_id"`
	Merchant id.Merchant `json:"merchant" bson:"merchant"`
	Title    string      `json:"title" bson:"title"`
	Body     string      `json:"body" bson:"body"`
	Category string      `json:"category" bson:"category"`
	Brand    BrandID     `json:"brand,omitempty" bson:"brand,omitempty"`
	// BrandName is the brand as it was called when the product was last edited.
	BrandName string            `json:"brand_name,omitempty" bson:"brand_name,omitempty"`
	TaxClass  string            `json:"tax_class,omitempty" bson:"tax_class,omitempty"` // its category's
	Shipping  string            `json:"shipping,omitempty" bson:"shipping,omitempty"`   // a Profile; "": the shop's usual one
	Facts     []Fact            `json:"facts" bson:"facts"`
	Pictures  []picture.Picture `json:"pictures" bson:"pictures"`
	Options   []Option          `json:"options" bson:"options"`
	SKUs      []SKU             `json:"skus" bson:"skus"`
	State     State             `json:"state" bson:"state"`
	// Commission is what a creator earns of the goods' price.
	Commission money.Rate `json:"commission" bson:"commission"`
	Sold       int64      `json:"sold" bson:"-"` // units of all SKUs; filled on reading
	// Rating is what buyers say of it; filled on reading.
	Rating    RatingSum `json:"rating" bson:"-"`
	UpdatedAt time.Time `json:"updated_at" bson:"updated_at"`
}

// State is whether a product can be bought.
type State string

const (
	Draft    State = "draft"    // its merchant is still writing
	Listed   State = "listed"   // on sale
	Delisted State = "delisted" // was on sale
)

// Fact is one disclosed property: origin, material, shelf life.
type Fact struct {
	Name  string `json:"name" bson:"name" min:"1" max:"40"`
	Value string `json:"value" bson:"value" min:"1" max:"200"`
}

// Option is a choice a shopper makes, such as shade; SKUs combine values.
type Option struct {
	Name   string   `json:"name" bson:"name" min:"1" max:"40"`
	Values []string `json:"values" bson:"values" min:"1" max:"50"`
}

// SKU is one sellable combination of a product's options.
type SKU struct {
	ID      id.SKU      `json:"id" bson:"id"`
	Values  []string    `json:"values" bson:"values"` // one for each option, in their order
	Price   money.Money `json:"price" bson:"price"`
	List    money.Money `json:"list,omitzero" bson:"list,omitempty"`        // price before, struck through
	Picture id.Media    `json:"picture,omitempty" bson:"picture,omitempty"` // one of the product's
	// Prices are what it costs elsewhere or in other money; Price is for the rest.
	Prices []RegionPrice `json:"prices,omitempty" bson:"prices,omitempty"`
	// Components make the SKU a bundle: it has no stock of its own, and one of it
	// takes these units of other SKUs. They never change: other components are
	// another SKU.
	Components []Units `json:"components,omitempty" bson:"components,omitempty"`
	// Only is where it is sold at all; the zero Exclusive is everywhere.
	Only Exclusive `json:"only,omitzero" bson:"only,omitempty"`
	// Available is how many can be bought now. It is filled on reading and not
	// stored here.
	Available int64 `json:"available" bson:"-"`
}

// RegionPrice is a price for one region, or everywhere in another currency.
type RegionPrice struct {
	Region string      `json:"region,omitempty" bson:"region,omitempty" max:"60"` // "": everywhere
	Price  money.Money `json:"price" bson:"price"`
	List   money.Money `json:"list,omitzero" bson:"list,omitempty"`
}

// Exclusive names the places where a SKU is sold. Being in one of them is enough.
type Exclusive struct {
	Channels []string  `json:"channels,omitempty" bson:"channels,omitempty" max:"10"`
	Creators []id.User `json:"creators,omitempty" bson:"creators,omitempty" max:"50"`
	Groups   []string  `json:"groups,omitempty" bson:"groups,omitempty" max:"50"`
}

// IsZero reports whether it is sold everywhere.
func (x Exclusive) IsZero() bool {
	return len(x.Channels) == 0 && len(x.Creators) == 0 && len(x.Groups) == 0
}

// Categories are the shelves of the shop.
var Categories = []string{"beauty", "fashion", "food", "home", "tech", "outdoors"}

// Duty is something that staff of a shop may do. The owner may do all.
type Duty string

const (
	DoProducts  Duty = "products"
	DoStock     Duty = "stock"
	DoOrders    Duty = "orders"
	DoRefunds   Duty = "refunds"
	DoCampaigns Duty = "campaigns"
	DoMoney     Duty = "money"
	DoStaff     Duty = "staff"
)

var (
	ErrNoDuty         = errs.New(errs.Forbidden, "no_duty", "Your part in this shop does not include that.")
	ErrExclusive      = errs.New(errs.Precondition, "exclusive_elsewhere", "This is sold somewhere else only.")
	ErrNoPriceThere   = errs.New(errs.Precondition, "no_price_there", "This has no price in that currency.")
	ErrBadBundle      = errs.New(errs.Invalid, "bad_bundle", "A bundle is made of other single goods of the same shop.")
	ErrBundleStock    = errs.New(errs.Precondition, "bundle_stock", "A bundle has no stock of its own. Change that of its parts.")
	ErrNotBought      = errs.New(errs.Precondition, "units_not_bought", "This order did not buy that many units.")
	ErrNotSentThere   = errs.New(errs.Precondition, "not_sent_there", "This shop does not send to that place.")
	ErrNoSuchProduct  = errs.New(errs.NotFound, "no_such_product", "This product is no longer here.")
	ErrNoSuchSKU      = errs.New(errs.NotFound, "no_such_sku", "This choice is no longer offered.")
	ErrNoSuchMerchant = errs.New(errs.NotFound, "no_such_merchant", "This shop does not exist.")
	ErrNotListed      = errs.New(errs.Precondition, "not_listed", "This product is not on sale right now.")
	ErrSoldOut        = errs.New(errs.Exhausted, "sold_out", "Sold out.")
	ErrIncomplete     = errs.New(errs.Precondition, "facts_missing", "Please complete the product's facts and pictures first.")
	ErrShopExists     = errs.New(errs.Conflict, "shop_exists", "You already have a shop.")
	ErrBadMatrix      = errs.New(errs.Invalid, "bad_options", "Every SKU needs one value for each option, and no two may be the same.")
	ErrBadPrice       = errs.New(errs.Invalid, "bad_price", "A price must be above zero and in the shop's currency.")
	ErrStockBelowZero = errs.New(errs.Precondition, "stock_below_zero", "There are not that many left to take away.")
)

// Service is the catalogue. Amounts and stock are decided here; callers send
// choices.
type Service interface {
	Staff
	Shelves
	Shipping
	Warehousing
	Ratings
	Tables

	// OpenShop makes the caller a merchant, or returns ErrShopExists.
	OpenShop(ctx context.Context, in OpenShop) (Merchant, error)
	// Merchant returns a shop, or ErrNoSuchMerchant.
	Merchant(ctx context.Context, in ByMerchant) (Merchant, error)
	// Draft makes a product that is not yet on sale: ErrBadMatrix, ErrBadPrice.
	Draft(ctx context.Context, in DraftProduct) (Product, error)
	// Edit changes a product of the caller's shop. SKUs keep their ids by their
	// values. The errors of Draft, or ErrNoSuchProduct.
	Edit(ctx context.Context, in EditProduct) (Product, error)
	// List puts a product on sale, or returns ErrIncomplete; Delist takes it off.
	List(ctx context.Context, in ByProduct) (Product, error)
	Delist(ctx context.Context, in ByProduct) (Product, error)
	// Product returns a product with what is available of each SKU. One that was
	// never listed exists for its merchant only: ErrNoSuchProduct.
	Product(ctx context.Context, in ByProduct) (Product, error)
	// Products pages through what is on sale, newest first, of all shops, of one,
	// or of a category. With Mine, the products of the shop that the caller keeps, in any
	// state or in one, last edited first.
	Products(ctx context.Context, in Products) (page.Page[Product], error)
	// ProductsByID returns those that exist, in the order asked, delisted ones too.
	ProductsByID(ctx context.Context, in ProductsByID) (ProductList, error)
	// Adjust changes what is in stock by a signed number, for a stated reason:
	// ErrNoSuchSKU, ErrStockBelowZero. Once for each request id.
	Adjust(ctx context.Context, in Adjust) (Stock, error)
	// Stock returns a SKU's numbers to its merchant: ErrNoSuchSKU.
	Stock(ctx context.Context, in BySKU) (Stock, error)

	// Price returns SKUs as they are sold right now: ErrNoSuchSKU, ErrNotListed,
	// ErrNoPriceThere, and ErrExclusive with the SKU in Fields where one is asked
	// for from a place where it is not sold.
	Price(ctx context.Context, in PriceSKUs) (Priced, error)
	// Reserve holds units for an order until an instant: all lines or none, and
	// once for each order, from the warehouses nearest to Region first. Bundles take
	// their components. ErrSoldOut with the SKU in Fields.
	Reserve(ctx context.Context, in Reserve) (rpc.Empty, error)
	// Commit turns what an order holds into sold units. If the hold has lapsed it
	// is taken anew, or ErrSoldOut. Once for each order.
	Commit(ctx context.Context, in Reserve) (rpc.Empty, error)
	// Release gives back what an order holds; units already committed stay sold.
	Release(ctx context.Context, in ByOrder) (rpc.Empty, error)
	// Restock gives back what an order holds or bought, once.
	Restock(ctx context.Context, in ByOrder) (rpc.Empty, error)
	// RestockUnits gives back some of what an order bought, once for each request id
	// and never more than it bought: ErrNotBought. A bundle is named as it was
	// bought; its components come back.
	RestockUnits(ctx context.Context, in RestockUnits) (rpc.Empty, error)
	// Carriage says what sending lines costs, by shop, and when they arrive:
	// ErrNotSentThere.
	Carriage(ctx context.Context, in AskCarriage) (Carriages, error)
	// Promise says what a shopper is told before they buy: what sending one unit
	// costs, when it arrives, and what a bundle holds. ErrNoSuchProduct, ErrNoSuchSKU.
	Promise(ctx context.Context, in AskPromise) (Promise, error)
	// May reports whether a user may do something for a shop, as its owner or as
	// staff with that duty.
	May(ctx context.Context, in May) (Allowed, error)
}

type (
	OpenShop struct {
		Name  string   `json:"name" min:"1" max:"60"`
		Story string   `json:"story" max:"2000"`
		Logo  id.Media `json:"logo,omitempty" max:"64"`
	}
	ByMerchant struct {
		ID id.Merchant `path:"id" json:"-" max:"64"`
	}
	ByProduct struct {
		ID id.Product `path:"id" json:"-" max:"64"`
	}
	BySKU struct {
		ID id.SKU `path:"id" json:"-" max:"64"`
	}
	ByOrder struct {
		Order id.Order `json:"order" min:"1" max:"64"`
	}
	// Sheet is what a merchant writes about a product.
	Sheet struct {
		Title      string           `json:"title" min:"1" max:"120"`
		Body       string           `json:"body" max:"10000"`
		Category   string           `json:"category" min:"1" enum:"beauty,fashion,food,home,tech,outdoors"`
		Facts      []Fact           `json:"facts" max:"40"`
		Pictures   []picture.Wanted `json:"pictures" max:"18"`
		Options    []Option         `json:"options" max:"3"`
		SKUs       []NewSKU         `json:"skus" min:"1" max:"200"`
		Commission money.Rate       `json:"commission" min:"0" max:"9000"`
		Brand      BrandID          `json:"brand,omitempty" max:"64"`
		Shipping   string           `json:"shipping,omitempty" max:"64"`
	}
	NewSKU struct {
		Values     []string      `json:"values" max:"3"`
		Price      money.Money   `json:"price"`
		List       money.Money   `json:"list,omitzero"`
		Picture    id.Media      `json:"picture,omitempty" max:"64"`
		Prices     []RegionPrice `json:"prices,omitempty" max:"50"`
		Components []Units       `json:"components,omitempty" max:"10"`
		Only       Exclusive     `json:"only,omitzero"`
	}
	DraftProduct struct {
		Sheet
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	EditProduct struct {
		ID id.Product `path:"id" json:"-" max:"64"`
		Sheet
	}
	Products struct {
		page.Ask
		Merchant id.Merchant `query:"merchant" json:"-" max:"64"`
		Category string      `query:"category" json:"-" max:"40"`
		Mine     bool        `query:"mine" json:"-"`
		State    State       `query:"state" json:"-" enum:"draft,listed,delisted"` // with Mine only
	}
	ProductsByID struct {
		IDs []id.Product `json:"ids" max:"200"`
	}
	ProductList struct {
		Items []Product `json:"items"`
	}
	Adjust struct {
		ID     id.SKU `path:"id" json:"-" max:"64"`
		By     int64  `json:"by" min:"-1000000" max:"1000000"`
		Reason string `json:"reason" min:"1" max:"200"`
		// Warehouse is where; "" is the shop's first place, which needs no opening.
		Warehouse id.Warehouse `json:"warehouse,omitempty" max:"64"`
		RequestID string       `header:"Idempotency-Key" json:"-"`
	}
	// Stock is a SKU's units: Received = Available + Held + Sold.
	Stock struct {
		SKU       id.SKU `json:"sku"`
		Received  int64  `json:"received"`
		Available int64  `json:"available"`
		Held      int64  `json:"held"`
		Sold      int64  `json:"sold"`
	}
	PriceSKUs struct {
		SKUs     []id.SKU `json:"skus" min:"1" max:"50"`
		Region   string   `json:"region,omitempty" max:"60"`
		Currency string   `json:"currency,omitempty" max:"3"` // "": the platform's
		// Via says where each of SKUs is bought from, in their order; none: nowhere
		// in particular.
		Via []Via `json:"via,omitempty" max:"50"`
	}
	// Via is where something is bought from.
	Via struct {
		Channel string  `json:"channel,omitempty" max:"40"`
		Creator id.User `json:"creator,omitempty" max:"64"`
		Group   string  `json:"group,omitempty" max:"64"`
	}
	Priced struct {
		Items []PricedSKU `json:"items"` // in the order asked
	}
	RestockUnits struct {
		Order     id.Order `json:"order" min:"1" max:"64"`
		Units     []Units  `json:"units" min:"1" max:"50"`
		RequestID string   `json:"request_id" min:"1" max:"128"`
	}
	AskCarriage struct {
		Region string        `json:"region" max:"60"`
		Lines  []CarriedLine `json:"lines" min:"1" max:"50"`
	}
	CarriedLine struct {
		SKU    id.SKU      `json:"sku"`
		N      int64       `json:"n"`
		Amount money.Money `json:"amount"`
	}
	Carriages struct {
		Items []Carriage `json:"items"` // by shop, in the order of their first lines
	}
	// Carriage is what sending one shop's lines costs. Days are from payment.
	Carriage struct {
		Merchant id.Merchant `json:"merchant"`
		Shop     string      `json:"shop"`
		Fee      money.Money `json:"fee"`
		Earliest int         `json:"earliest_days"`
		Latest   int         `json:"latest_days"`
	}
	May struct {
		User     id.User     `json:"user" min:"1" max:"64"`
		Merchant id.Merchant `json:"merchant" min:"1" max:"64"`
		Duty     Duty        `json:"duty" enum:"products,stock,orders,refunds,campaigns,money,staff"`
	}
	Allowed struct {
		Yes bool `json:"yes"`
	}
	// PricedSKU is all that an order freezes of a product.
	PricedSKU struct {
		SKU        id.SKU          `json:"sku"`
		Product    id.Product      `json:"product"`
		Merchant   id.Merchant     `json:"merchant"`
		Title      string          `json:"title"`
		Values     []string        `json:"values"`
		Picture    picture.Picture `json:"picture,omitzero"`
		Price      money.Money     `json:"price"`
		List       money.Money     `json:"list,omitzero"` // struck through
		Commission money.Rate      `json:"commission"`
		Category   string          `json:"category"`
		Brand      string          `json:"brand,omitempty"`
		TaxClass   string          `json:"tax_class,omitempty"`
		Available  int64           `json:"available"`
	}
	Units struct {
		SKU id.SKU `json:"sku" bson:"sku"`
		N   int64  `json:"n" bson:"n" min:"1" max:"999"`
	}
	Reserve struct {
		Order id.Order  `json:"order" min:"1" max:"64"`
		Units []Units   `json:"units" min:"1" max:"50"` // each SKU once
		Until time.Time `json:"until"`
		// Region is where it will be sent; "" has no nearest warehouse.
		Region string `json:"region,omitempty" max:"60"`
	}
)

// ProductChanged is announced when a product was listed, edited or delisted.
// Key is the product's id and its revision.
var ProductChanged = bus.Topic[ProductChangedData]{Name: "catalog.ProductChanged"}

type ProductChangedData struct {
	Product Product     `json:"product"`
	Rev     int64       `json:"rev"`   // a higher one is newer
	Price   money.Money `json:"price"` // of its cheapest SKU
}
