// Package fullreductioncore implements fullreduction.Service, and promo.Source for
// its kinds of rules.
package fullreductioncore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
)

// Shops is what is asked of the catalogue.
type Shops interface {
	May(ctx context.Context, in catalog.May) (catalog.Allowed, error)
	Price(ctx context.Context, in catalog.PriceSKUs) (catalog.Priced, error)
}

// Levels knows how far a member has got; the lowest level of a member is 1.
type Levels interface {
	Level(ctx context.Context, who id.User) (int64, error)
}

// Deps is what campaigns need; Bus only to Run. Without Levels everybody who is
// signed in is a member of level 1.
type Deps struct {
	DB     docdb.Driver
	Bus    bus.Bus
	Now    clock.Now
	Log    *slog.Logger
	Shops  Shops
	Levels Levels
	// Currency is what amounts are in, as ISO 4217.
	Currency string
}

// Core is the campaigns.
type Core struct {
	Deps
	campaigns *docdb.Collection[campaign]
	budgets   *docdb.Collection[budget]
	claims    *docdb.Collection[claim]
	results   *docdb.Collection[result]
	totals    *docdb.Collection[total]
}

var (
	_ fullreduction.Service = (*Core)(nil)
	_ promo.Source          = (*Core)(nil)
	_ promo.Kinds           = (*Core)(nil)
)

// campaign is a stored campaign.
type campaign struct {
	fullreduction.Campaign `bson:",inline"`
	// Owner is the shop, or platform.
	Owner string `bson:"owner"`
	// Live is that it applies within its window; the index of what runs begins with
	// it.
	Live    bool   `bson:"live"`
	Request string `bson:"request"` // what was asked when it was drafted
}

// platform owns the campaigns of everybody.
const platform = "platform"

// New opens the collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	var errc, errb, errl, errr, errt error
	c.campaigns, errc = docdb.Open[campaign](ctx, d.DB, d.Now, docdb.Schema{Name: "fullreduction_campaigns", Indexes: []docdb.Index{
		{Name: "owner", Keys: []string{"owner", "created_at"}},
		{Name: "created", Keys: []string{"created_at"}},
		{Name: "live", Keys: []string{"owner", "live", "ends"}},
	}})
	c.budgets, errb = docdb.Open[budget](ctx, d.DB, d.Now, docdb.Schema{Name: "fullreduction_budgets"})
	c.claims, errl = docdb.Open[claim](ctx, d.DB, d.Now, docdb.Schema{Name: "fullreduction_claims"})
	c.results, errr = docdb.Open[result](ctx, d.DB, d.Now, docdb.Schema{Name: "fullreduction_results", Indexes: []docdb.Index{
		{Name: "campaign", Keys: []string{"campaign", "at"}},
	}})
	c.totals, errt = docdb.Open[total](ctx, d.DB, d.Now, docdb.Schema{Name: "fullreduction_totals"})
	if err := errors.Join(errc, errb, errl, errr, errt); err != nil {
		return nil, fmt.Errorf("fullreduction: %w", err)
	}
	return c, nil
}

func (c *Core) money(amount int64) money.Money {
	return money.Money{Amount: amount, Currency: c.Currency}
}

// owner is for whom the caller may work: the platform's operators, or the shop
// that they act for and may run campaigns of.
func (c *Core) owner(ctx context.Context, ofPlatform bool) (string, error) {
	if ofPlatform {
		_, err := actor.Require(ctx, actor.Operator)
		return platform, err
	}
	a := actor.From(ctx)
	if a.User == "" {
		return "", actor.ErrNobody
	}
	if a.Merchant == "" {
		return "", actor.ErrForbidden
	}
	yes, err := c.Shops.May(actor.AsSystem(ctx, "fullreduction"), catalog.May{User: a.User, Merchant: a.Merchant, Duty: catalog.DoCampaigns})
	if err != nil {
		return "", err
	}
	if !yes.Yes {
		return "", actor.ErrForbidden
	}
	return string(a.Merchant), nil
}

// mine returns a campaign that the caller may work on: their shop's, or any for
// an operator.
func (c *Core) mine(ctx context.Context, name string) (campaign, error) {
	x, err := c.campaigns.Get(ctx, name)
	if errors.Is(err, docdb.ErrNotFound) {
		return x, fullreduction.ErrNoSuchCampaign.Because(err)
	}
	if err != nil || actor.From(ctx).Is(actor.Operator) {
		return x, err
	}
	owner, err := c.owner(ctx, false)
	if err != nil {
		return campaign{}, err
	}
	if x.Owner != owner {
		return campaign{}, fullreduction.ErrNoSuchCampaign
	}
	return x, nil
}

// live returns what an owner has running that ends after an instant.
func (c *Core) live(ctx context.Context, owner string, after time.Time) ([]campaign, error) {
	q := docdb.Query{Index: "live", Equal: []any{owner, true}, From: after, Limit: 100}
	p, err := c.campaigns.Find(ctx, q)
	return p.Items, err
}
