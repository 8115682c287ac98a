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
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/platform/outbox"
)

// Deps is what the catalogue needs; every field is required.
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
}

// Core is the catalogue.
type Core struct {
	Deps
	merchants    *docdb.Collection[catalog.Merchant]
	products     *docdb.Collection[product]
	skus         *docdb.Collection[skuHome]
	cells        *docdb.Collection[cell]
	heaps        *docdb.Collection[heap] // the same documents, without their maps
	reservations *docdb.Collection[reservation]
	deliveries   *docdb.Collection[delivery]
	relay        *outbox.Relay[product]
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

// skuHome says which product a SKU belongs to.
type skuHome struct {
	ID       id.SKU      `bson:"_id"`
	Product  id.Product  `bson:"product"`
	Merchant id.Merchant `bson:"merchant"`
}

// New opens the catalogue's collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	now := func() time.Time { return d.Now() }
	var err error
	open := func(e error) { err = errors.Join(err, e) }
	var e error
	c.merchants, e = docdb.Open[catalog.Merchant](ctx, d.DB, now, docdb.Schema{Name: "merchants"})
	open(e)
	c.products, e = docdb.Open[product](ctx, d.DB, now, docdb.Schema{Name: "products", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "merchant", Keys: []string{"merchant", "updated_at"}},
		{Name: "state", Keys: []string{"state", "listed_at"}},
		{Name: "state_merchant", Keys: []string{"state", "merchant", "listed_at"}},
		{Name: "state_category", Keys: []string{"state", "category", "listed_at"}},
	}})
	open(e)
	c.skus, e = docdb.Open[skuHome](ctx, d.DB, now, docdb.Schema{Name: "skus"})
	open(e)
	cells := docdb.Schema{Name: "stock_cells", Indexes: []docdb.Index{
		{Name: "sku", Keys: []string{"sku", "available"}},
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
	c.deliveries, e = docdb.Open[delivery](ctx, d.DB, now, docdb.Schema{Name: "stock_deliveries"})
	open(e)
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	c.relay = outbox.NewRelay(c.products, "products", func(p *product) *outbox.Box { return &p.Box }, outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log})
	d.Jobs.Every("catalog.sweep", sweepEvery, c.sweep)
	return c, nil
}

// mine returns a product of the caller's shop, or ErrNoSuchProduct.
func (c *Core) mine(ctx context.Context, p id.Product) (product, error) {
	a, err := actor.Require(ctx, actor.Merchant)
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
