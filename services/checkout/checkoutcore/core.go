// Package checkoutcore implements checkout.Service.
package checkoutcore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/platform/outbox"
	"meadow/services/promo"
)

// Deps is what the till needs; every field is required.
type Deps struct {
	DB        docdb.Driver
	Bus       bus.Bus
	Jobs      *jobs.Runner
	Now       clock.Now
	Log       *slog.Logger
	Account   account.Desk
	Catalog   catalog.Service
	Creator   creator.Service
	Promo     promo.Pricing
	Providers []pay.Provider
	// Fee is what the platform keeps of the goods' price.
	Fee money.Rate
	// Return is where a provider sends a shopper back to; the order's id follows.
	Return string
	// Plans are the ways to pay in instalments; none are offered if there are none.
	Plans []Terms
}

// Core is the till.
type Core struct {
	Deps
	quotes      *docdb.Collection[quote]
	orders      *docdb.Collection[order]
	stubs       *docdb.Collection[stub] // the same documents, to be counted
	payments    *docdb.Collection[payment]
	inbox       *docdb.Collection[message]
	sales       *docdb.Collection[sale]
	returned    *docdb.Collection[returnedMoney]
	carts       *docdb.Collection[cart]
	compared    *docdb.Collection[compared]
	differences *docdb.Collection[checkout.Difference]

	orderRelay   *outbox.Relay[order]
	paymentRelay *outbox.Relay[payment]
	arrived      chan string // ids of messages to act on now
}

var _ checkout.Service = (*Core)(nil)

// quote is a stored quote. It belongs to whoever asked.
type quote struct {
	checkout.Quote `bson:",inline"`
	Buyer          id.User     `bson:"buyer"`
	Region         string      `bson:"region"` // that its shipping and tax are of
	Uses           []promo.Use `bson:"uses"`
}

// order is a stored order, with what is to be announced of it.
type order struct {
	checkout.Order `bson:",inline"`
	outbox.Box     `bson:",inline"`
	Request        string           `bson:"request"` // what was asked when it was placed
	Address        account.Snapshot `bson:"address"`
	Uses           []promo.Use      `bson:"uses,omitempty"` // of limited offers
	// Payment is the one that completed the order, or that has to go back.
	Payment id.Payment `bson:"payment,omitempty"`
	// Due is when an unpaid order expires; absent once it is not unpaid.
	Due time.Time `bson:"due,omitempty"`
	// Pools are what is left of each line to go back; absent until something does.
	Pools   []pool `bson:"pools,omitempty"`
	Refunds []back `bson:"refunds,omitempty"`
	// BackDue is when to tell the provider of a refund again; absent once all are done.
	BackDue time.Time `bson:"back_due,omitempty"`
}

// stub is an order of which only its being there matters.
type stub struct {
	ID id.Order `bson:"_id"`
}

// payment is a stored payment.
type payment struct {
	checkout.Payment `bson:",inline"`
	outbox.Box       `bson:",inline"`
	Buyer            id.User    `bson:"buyer"`
	Facts            []pay.Fact `bson:"facts"` // all that changed its state, in the order they came
	// CheckAt is when to ask the provider again; absent once nothing can change.
	CheckAt time.Time `bson:"check_at,omitempty"`
	Checks  int       `bson:"checks"`
	BegunAt time.Time `bson:"begun_at"`
	// TakenAt is when the provider got the money; absent until it has.
	TakenAt time.Time `bson:"taken_at,omitempty"`
	// Decided is what operators said while it was frozen; the last one holds.
	Decided []decision `bson:"decided,omitempty"`
}

// New opens the till's collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d, arrived: make(chan string, 1024)}
	var err, e error
	c.quotes, e = docdb.Open[quote](ctx, d.DB, d.Now, docdb.Schema{Name: "quotes", Expiry: "expires_at"})
	err = errors.Join(err, e)
	orders := docdb.Schema{Name: "orders", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "buyer", Keys: []string{"buyer", "placed_at"}},
		{Name: "buyer_state", Keys: []string{"buyer", "state", "placed_at"}},
		{Name: "due", Keys: []string{"due"}},
		{Name: "back_due", Keys: []string{"back_due"}},
	}}
	c.orders, e = docdb.Open[order](ctx, d.DB, d.Now, orders)
	err = errors.Join(err, e)
	c.stubs, e = docdb.Open[stub](ctx, d.DB, d.Now, orders)
	err = errors.Join(err, e)
	c.payments, e = docdb.Open[payment](ctx, d.DB, d.Now, docdb.Schema{Name: "payments", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "order", Keys: []string{"order", "begun_at"}},
		{Name: "check", Keys: []string{"check_at"}},
		{Name: "state", Keys: []string{"state", "begun_at"}},
		{Name: "taken", Keys: []string{"provider", "taken_at"}},
	}})
	err = errors.Join(err, e)
	c.inbox, e = docdb.Open[message](ctx, d.DB, d.Now, docdb.Schema{Name: "payment_inbox", Expiry: "forget_at", Indexes: []docdb.Index{
		{Name: "due", Keys: []string{"due"}},
	}})
	err = errors.Join(err, e)
	c.sales, e = docdb.Open[sale](ctx, d.DB, d.Now, docdb.Schema{Name: "sales", Indexes: []docdb.Index{
		{Name: "merchant", Keys: []string{"merchant", "paid_at"}},
	}})
	err = errors.Join(err, e)
	c.returned, e = docdb.Open[returnedMoney](ctx, d.DB, d.Now, docdb.Schema{Name: "payment_returns", Indexes: []docdb.Index{
		{Name: "provider", Keys: []string{"provider", "at"}},
	}})
	err = errors.Join(err, e)
	c.carts, e = docdb.Open[cart](ctx, d.DB, d.Now, docdb.Schema{Name: "carts", Expiry: "forget_at"})
	err = errors.Join(err, e)
	c.compared, e = docdb.Open[compared](ctx, d.DB, d.Now, docdb.Schema{Name: "payment_days"})
	err = errors.Join(err, e)
	c.differences, e = docdb.Open[checkout.Difference](ctx, d.DB, d.Now, docdb.Schema{Name: "payment_differences", Indexes: []docdb.Index{
		{Name: "found", Keys: []string{"resolved", "found_at"}},
	}})
	if err = errors.Join(err, e); err != nil {
		return nil, fmt.Errorf("checkout: %w", err)
	}
	deps := outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log}
	c.orderRelay = outbox.NewRelay(c.orders, "orders", func(o *order) *outbox.Box { return &o.Box }, deps)
	c.paymentRelay = outbox.NewRelay(c.payments, "payments", func(p *payment) *outbox.Box { return &p.Box }, deps)
	d.Jobs.Every("checkout.inbox", time.Second, c.actOnDue)
	d.Jobs.Every("checkout.expire", 5*time.Second, c.expireDue)
	d.Jobs.Every("checkout.check", 10*time.Second, c.checkSilent)
	d.Jobs.Every("checkout.reconcile", time.Hour, c.reconcile)
	d.Jobs.Every("checkout.refunds", 10*time.Second, c.carryOutDue)
	return c, nil
}

// system is ctx with the till itself asking, for calls that no shopper may make.
func system(ctx context.Context) context.Context { return actor.AsSystem(ctx, "checkout") }

func (c *Core) provider(name string) (pay.Provider, error) {
	for _, p := range c.Providers {
		if p.Name() == name {
			return p, nil
		}
	}
	return nil, checkout.ErrNoProvider
}

// fingerprint tells apart two requests that bear one id.
func fingerprint(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("checkout: %T cannot be encoded: %v", v, err)) // a bug in the contract
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// noted returns what an event says of an order that provider's money came for.
func noted(o order, provider string) checkout.OrderData {
	data := checkout.OrderData{
		Order: o.ID, Buyer: o.Buyer, Provider: provider, Payment: o.Payment, Sum: o.Sum, ExpiresAt: o.ExpiresAt, PaidAt: o.PaidAt,
		Lines: make([]checkout.LineData, len(o.Lines)), Parts: o.Parts,
	}
	for i, l := range o.Lines {
		data.Lines[i] = checkout.LineData{
			SKU: l.SKU, Product: l.Product, N: l.N, Merchant: l.Merchant, Post: l.Source.Post, Trace: l.Source.Trace,
			Reach: l.Met.Reach(), Title: l.Title, Deal: l.Deal,
			Amount: l.Amount, Saved: l.Saved, Platform: l.Platform, ByPoints: l.ByPoints, Shipping: l.Shipping, Tax: l.Tax, Due: l.Due,
			Fee: l.Fee, Commission: l.Commission,
		}
		data.Lines[i].Creator = earner(l)
	}
	return data
}

// earner is who earns the commission of a line; "" if nobody does.
func earner(l checkout.Line) id.User {
	if l.Source.Reward {
		return l.Source.Creator
	}
	return ""
}
