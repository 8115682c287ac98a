// Package flashsalecore implements flashsale.Service, and flash sales as a
// promo.Source.
//
// An allotment lies in cells of at most 500 places; what one person may have of
// it is a cell as well. An order's own document decides what becomes of its
// places, by compare-and-set under a generation; the cells follow, in steps that
// can be done again.
package flashsalecore

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/promo/flashsale"
)

// Catalog is what flash sales ask the catalogue.
type Catalog interface {
	catalog.Mayer
	Price(ctx context.Context, in catalog.PriceSKUs) (catalog.Priced, error)
}

// People is what flash sales ask the front desk.
type People interface {
	Identities(ctx context.Context, in account.IdentitiesOf) (account.Identities, error)
}

// Groups knows who is in a private group.
type Groups interface {
	Member(ctx context.Context, group string, user id.User) (bool, error)
}

// Deps is what flash sales need; every field but Groups is required.
type Deps struct {
	DB      docdb.Driver
	Jobs    *jobs.Runner
	Now     clock.Now
	Log     *slog.Logger
	Account People
	Catalog Catalog
	// Groups is nil where there are none: then no sale is for a group.
	Groups Groups
	// Currency is what prices are in, as ISO 4217.
	Currency string
}

// Core is flash sales.
type Core struct {
	Deps
	sales  *docdb.Collection[sale]
	items  *docdb.Collection[item]
	cells  *docdb.Collection[cell]
	heaps  *docdb.Collection[heap] // the same documents, without their maps
	orders *docdb.Collection[order]
}

var _ flashsale.Source = (*Core)(nil)

// sale is a stored sale.
type sale struct {
	flashsale.Sale `bson:",inline"`
	Rev            int64  `bson:"edits"` // counts changes of its plan
	Request        string `bson:"request"`
	// Goods is what the catalogue said of Items, in their order.
	Goods []goods `bson:"goods"`
}

type goods struct {
	Product id.Product  `bson:"product"`
	Was     money.Money `bson:"was"`
}

// item leads from a SKU or a product to the sales it is in. Its sale says whether
// that is still so.
type item struct {
	ID      string     `bson:"_id"`
	Sale    string     `bson:"sale"`
	SKU     id.SKU     `bson:"sku"`
	Product id.Product `bson:"product"`
	First   bool       `bson:"first"` // of its product in the sale
	End     time.Time  `bson:"end"`
}

// New opens the collections of flash sales.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	var err error
	open(ctx, d, &c.sales, &err, docdb.Schema{Name: "flashsale_sales", Indexes: []docdb.Index{
		{Name: "merchant", Keys: []string{"merchant", "created_at"}},
		{Name: "end", Keys: []string{"state", "group", "end"}},
		{Name: "start", Keys: []string{"state", "group", "start"}},
	}})
	open(ctx, d, &c.items, &err, docdb.Schema{Name: "flashsale_items", Indexes: []docdb.Index{
		{Name: "sku", Keys: []string{"sku", "end"}},
		{Name: "product", Keys: []string{"product", "first", "end"}},
	}})
	cells := docdb.Schema{Name: "flashsale_cells", Indexes: []docdb.Index{
		{Name: "of", Keys: []string{"of", "left"}},
		{Name: "held", Keys: []string{"held"}},
	}}
	open(ctx, d, &c.cells, &err, cells)
	open(ctx, d, &c.heaps, &err, cells)
	open(ctx, d, &c.orders, &err, docdb.Schema{Name: "flashsale_orders", Expiry: "gone_at", Indexes: []docdb.Index{
		{Name: "until", Keys: []string{"until"}},
	}})
	if err != nil {
		return nil, fmt.Errorf("flash sale: %w", err)
	}
	d.Jobs.Every("flashsale.sweep", sweepEvery, c.sweep)
	return c, nil
}

// open opens a collection, unless one before it failed.
func open[T any](ctx context.Context, d Deps, c **docdb.Collection[T], err *error, s docdb.Schema) {
	if *err == nil {
		*c, *err = docdb.Open[T](ctx, d.DB, d.Now, s)
	}
}

// later is the first instant after now: what ends now has ended.
func (c *Core) later() time.Time { return c.Now().Add(time.Millisecond) }
