// Package aftersalecore implements aftersale.Service.
package aftersalecore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meadow/media"
	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/platform/outbox"
)

// Deps is what after-sale needs; every field is required.
type Deps struct {
	DB       docdb.Driver
	Bus      bus.Bus
	Jobs     *jobs.Runner
	Now      clock.Now
	Log      *slog.Logger
	Checkout checkout.Service
	Fulfil   fulfil.Service
	Orders   fulfil.Orders
	Catalog  catalog.Service
	Media    media.Service
}

// Core is after-sale.
type Core struct {
	Deps
	requests *docdb.Collection[request]
	claims   *docdb.Collection[claims]
	relay    *outbox.Relay[request]
}

var _ aftersale.Service = (*Core)(nil)

// request is a stored after-sale, with what only we know of it.
type request struct {
	aftersale.AfterSale `bson:",inline"`
	outbox.Box          `bson:",inline"`
	Asked               string            `bson:"asked"` // what was asked when it was opened
	Did                 map[string]string `bson:"did,omitempty"`
	Bounds              []bound           `bson:"bounds"`
	// Opening is that its units are not its own yet: it does not exist for anybody.
	Opening bool `bson:"opening,omitempty"`
	Full    bool `bson:"full"` // Wanted is the whole price of its units
	// Less is that less than Wanted was agreed on.
	Less    bool `bson:"less,omitempty"`
	Restock bool `bson:"restock,omitempty"`
	// Shelves are the orders that its units may have been taken from stock for, once
	// it is known that they go back there: those sent instead come first.
	Shelves []id.Order `bson:"shelves,omitempty"`
	// Kept is that its holds say what became of it.
	Kept  bool `bson:"kept,omitempty"`
	Tries int  `bson:"tries,omitempty"`
	// Wake is when the job looks at it: there is something to finish, or its timer
	// decides.
	Wake time.Time `bson:"wake,omitempty"`
	// BuyerKey and ShopKey order lists; absent while it is Opening.
	BuyerKey   int64     `bson:"buyer_key,omitempty"`
	ShopKey    int64     `bson:"shop_key,omitempty"`
	DisputedAt time.Time `bson:"disputed_at,omitempty"`
}

// bound is what of an order's line there is to ask for.
type bound struct {
	Line     int    `bson:"line"`
	SKU      id.SKU `bson:"sku"`
	N        int64  `bson:"n"`
	Sent     int64  `bson:"sent"`
	Returned int64  `bson:"returned"`
}

// New opens after-sale's collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	var err, e error
	c.requests, e = docdb.Open[request](ctx, d.DB, d.Now, docdb.Schema{Name: "aftersales", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "wake", Keys: []string{"wake"}},
		{Name: "buyer", Keys: []string{"buyer", "buyer_key"}},
		{Name: "buyer_state", Keys: []string{"buyer", "state", "buyer_key"}},
		{Name: "merchant", Keys: []string{"merchant", "shop_key"}},
		{Name: "merchant_state", Keys: []string{"merchant", "state", "shop_key"}},
		{Name: "order", Keys: []string{"order", "opened_at"}},
		{Name: "disputed", Keys: []string{"disputed_at"}},
	}})
	err = errors.Join(err, e)
	c.claims, e = docdb.Open[claims](ctx, d.DB, d.Now, docdb.Schema{Name: "aftersale_orders"})
	if err = errors.Join(err, e); err != nil {
		return nil, fmt.Errorf("aftersale: %w", err)
	}
	c.relay = outbox.NewRelay(c.requests, "aftersales", func(r *request) *outbox.Box { return &r.Box }, outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log})
	d.Jobs.Every("aftersale.wake", 10*time.Second, c.wakeDue)
	return c, nil
}

// Run announces what moved until ctx ends.
func (c *Core) Run(ctx context.Context) error { return c.relay.Run(ctx) }

// system is ctx with after-sale itself asking.
func system(ctx context.Context) context.Context { return actor.AsSystem(ctx, "aftersale") }

// fingerprint tells apart two requests that bear one id.
func fingerprint(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("aftersale: %T cannot be encoded: %v", v, err)) // a bug in the contract
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// errSame ends an update that has nothing to change.
var errSame = errors.New("aftersale: nothing to change")

// change updates a request, sets when to look at it again, and announces it.
func (c *Core) change(ctx context.Context, a id.AfterSale, f func(*request) error) (request, error) {
	out, err := c.requests.Update(ctx, string(a), func(r *request) error {
		steps := len(r.Log)
		if err := f(r); err != nil {
			return err
		}
		now := c.Now()
		if len(r.Log) > steps {
			r.place(now)
			r.Add(now, aftersale.Moved.Event(now, fmt.Sprintf("%s.%d", r.ID, len(r.Log)), aftersale.MovedData{AfterSale: r.AfterSale, Buyer: r.Buyer}))
		}
		return nil
	})
	switch {
	case errors.Is(err, errSame):
		return out, nil
	case errors.Is(err, docdb.ErrNotFound):
		return out, aftersale.ErrNoSuchAfterSale.Because(err)
	case err == nil && len(out.Outbox) > 0:
		c.relay.Kick(string(a))
	}
	return out, err
}

// far is beyond every instant in milliseconds: what waits for somebody comes
// before it in a list, the rest after it, latest first.
const far = int64(1) << 50

// place sets where a request stands in its lists.
func (r *request) place(now time.Time) {
	r.BuyerKey, r.ShopKey = 2*far-now.UnixMilli(), 2*far-now.UnixMilli()
	switch r.State {
	case aftersale.Asked, aftersale.Inspecting:
		r.ShopKey = r.Due.UnixMilli()
	case aftersale.Sending, aftersale.Refused, aftersale.Agreed:
		r.BuyerKey = r.Due.UnixMilli()
	}
	r.DisputedAt = time.Time{}
	if r.State == aftersale.Disputed {
		r.DisputedAt = now
	}
}

// within reports whether m can be asked or agreed on within most.
func within(m, most money.Money) bool {
	return m.Amount > 0 && m.Currency == most.Currency && m.Amount <= most.Amount
}
