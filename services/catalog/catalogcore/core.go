// Package catalogcore implements catalog.Service.
package catalogcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meadow/media"
	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/fulfil"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/platform/outbox"
)

// Deps is what the catalogue needs; every field but Bought is required.
type Deps struct {
	DB      docdb.Driver
	Bus     bus.Bus
	Jobs    *jobs.Runner
	Now     clock.Now
	Log     *slog.Logger
	Account account.Desk
	Media   media.Service
	// Currency is what prices are in, as ISO 4217.
	Currency string
	// Usual is what sending costs that has no profile: nothing if it is zero.
	Usual Usual
	// Bought says what somebody has received; without it nobody rates anything.
	Bought Bought
}

// Bought is who knows what of a product somebody has received.
type Bought interface {
	Bought(ctx context.Context, in fulfil.Bought) (fulfil.BoughtList, error)
}

// Core is the catalogue.
type Core struct {
	Deps
	merchants    *docdb.Collection[merchant]
	products     *docdb.Collection[product]
	skus         *docdb.Collection[skuHome]
	cells        *docdb.Collection[cell]
	heaps        *docdb.Collection[heap] // the same documents, without their maps
	reservations *docdb.Collection[reservation]
	deliveries   *docdb.Collection[delivery]
	relay        *outbox.Relay[product]
	alerts       *outbox.Relay[skuHome]
	staff        *docdb.Collection[catalog.Member]
	brands       *docdb.Collection[brand]
	profiles     *docdb.Collection[catalog.Profile]
	warehouses   *docdb.Collection[catalog.Warehouse]
	ratings      *docdb.Collection[rating]
	ratingSums   *docdb.Collection[ratingSum]
}

var _ catalog.Service = (*Core)(nil)

// product is a stored product, with what is to be announced of it.
type product struct {
	catalog.Product `bson:",inline"`
	outbox.Box      `bson:",inline"`
	// Rev counts edits; ListedAt is absent until the product was first listed.
	Rev      int64     `bson:"edits"`
	ListedAt time.Time `bson:"listed_at,omitempty"`
	Request  string    `bson:"request"` // what was asked when it was drafted
}

// merchant is a stored shop.
type merchant struct {
	catalog.Merchant `bson:",inline"`
	// Usual is the shipping profile of goods that name none.
	Usual string `bson:"usual,omitempty"`
}

// skuHome says which product a SKU belongs to, and what it is made of.
type skuHome struct {
	ID         id.SKU          `bson:"_id"`
	Product    id.Product      `bson:"product"`
	Merchant   id.Merchant     `bson:"merchant"`
	Components []catalog.Units `bson:"components,omitempty"`
	// Low is below how many available units the SKU counts as low; absent if
	// nobody watches it.
	Low        int64     `bson:"low,omitempty"`
	LowSince   time.Time `bson:"low_since,omitempty"` // absent while there is enough
	outbox.Box `bson:",inline"`
}

// New opens the catalogue's collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	now := func() time.Time { return d.Now() }
	var err error
	open := func(e error) { err = errors.Join(err, e) }
	var e error
	c.merchants, e = docdb.Open[merchant](ctx, d.DB, now, docdb.Schema{Name: "merchants"})
	open(e)
	c.products, e = docdb.Open[product](ctx, d.DB, now, docdb.Schema{Name: "products", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "merchant", Keys: []string{"merchant", "updated_at"}},
		{Name: "merchant_state", Keys: []string{"merchant", "state", "updated_at"}},
		{Name: "state", Keys: []string{"state", "listed_at"}},
		{Name: "state_merchant", Keys: []string{"state", "merchant", "listed_at"}},
		{Name: "state_category", Keys: []string{"state", "category", "listed_at"}},
	}})
	open(e)
	c.skus, e = docdb.Open[skuHome](ctx, d.DB, now, docdb.Schema{Name: "skus", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "merchant", Keys: []string{"merchant"}},
		{Name: "low", Keys: []string{"merchant", "low"}},
	}})
	open(e)
	cells := docdb.Schema{Name: "stock_cells", Indexes: []docdb.Index{
		{Name: "sku", Keys: []string{"sku", "available"}},
		{Name: "sku_warehouse", Keys: []string{"sku", "warehouse", "available"}},
		{Name: "product", Keys: []string{"product"}},
		{Name: "held", Keys: []string{"held"}},
	}}
	c.cells, e = docdb.Open[cell](ctx, d.DB, now, cells)
	open(e)
	c.heaps, e = docdb.Open[heap](ctx, d.DB, now, cells)
	open(e)
	c.reservations, e = docdb.Open[reservation](ctx, d.DB, now, docdb.Schema{Name: "reservations", Indexes: []docdb.Index{
		{Name: "until", Keys: []string{"until"}},
	}})
	open(e)
	c.deliveries, e = docdb.Open[delivery](ctx, d.DB, now, docdb.Schema{Name: "stock_deliveries", Indexes: []docdb.Index{
		{Name: "merchant", Keys: []string{"merchant", "at"}},
		{Name: "sku", Keys: []string{"sku", "at"}},
	}})
	open(e)
	err = errors.Join(err, c.openShopkeeping(ctx))
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	c.relay = outbox.NewRelay(c.products, "products", func(p *product) *outbox.Box { return &p.Box }, outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log})
	c.alerts = outbox.NewRelay(c.skus, "skus", func(h *skuHome) *outbox.Box { return &h.Box }, outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log})
	d.Jobs.Every("catalog.low", lowEvery, c.alert)
	d.Jobs.Every("catalog.sweep", sweepEvery, c.sweep)
	d.Jobs.Every("catalog.ratings", sweepEvery, c.countRatings)
	return c, nil
}

// openShopkeeping opens what shops keep besides goods and stock.
func (c *Core) openShopkeeping(ctx context.Context) error {
	now := func() time.Time { return c.Now() }
	var err error
	open := func(e error) { err = errors.Join(err, e) }
	var e error
	c.staff, e = docdb.Open[catalog.Member](ctx, c.DB, now, docdb.Schema{Name: "shop_staff", Indexes: []docdb.Index{
		{Name: "merchant_user", Keys: []string{"merchant", "user"}, Unique: true},
		{Name: "merchant", Keys: []string{"merchant", "invited_at"}},
		{Name: "user", Keys: []string{"user", "invited_at"}},
	}})
	open(e)
	c.brands, e = docdb.Open[brand](ctx, c.DB, now, docdb.Schema{Name: "brands", Indexes: []docdb.Index{
		{Name: "name", Keys: []string{"folded"}},
	}})
	open(e)
	c.profiles, e = docdb.Open[catalog.Profile](ctx, c.DB, now, docdb.Schema{Name: "shipping_profiles", Indexes: []docdb.Index{
		{Name: "merchant", Keys: []string{"merchant", "retired"}},
	}})
	open(e)
	c.warehouses, e = docdb.Open[catalog.Warehouse](ctx, c.DB, now, docdb.Schema{Name: "warehouses", Indexes: []docdb.Index{
		{Name: "merchant", Keys: []string{"merchant"}},
	}})
	open(e)
	c.ratings, e = docdb.Open[rating](ctx, c.DB, now, docdb.Schema{Name: "ratings", Indexes: []docdb.Index{
		{Name: "product", Keys: []string{"product", "at"}},
		{Name: "product_sku", Keys: []string{"product", "sku", "at"}},
		{Name: "product_stars", Keys: []string{"product", "stars", "at"}},
		{Name: "uncounted", Keys: []string{"uncounted"}},
	}})
	open(e)
	c.ratingSums, e = docdb.Open[ratingSum](ctx, c.DB, now, docdb.Schema{Name: "rating_sums"})
	open(e)
	return err
}

// mine returns a product of the shop that the caller acts for, if they keep its
// goods, or ErrNoSuchProduct.
func (c *Core) mine(ctx context.Context, p id.Product) (product, error) {
	a, err := catalog.Require(ctx, c, catalog.DoProducts)
	if err != nil {
		return product{}, err
	}
	r, err := c.products.Get(ctx, string(p))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return product{}, catalog.ErrNoSuchProduct.Because(err)
	case err != nil:
		return product{}, err
	case r.Merchant != a.Merchant:
		return product{}, catalog.ErrNoSuchProduct
	}
	return r, nil
}
