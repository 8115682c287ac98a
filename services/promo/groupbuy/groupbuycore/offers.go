package groupbuycore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/promo/groupbuy"
)

const (
	usualPage = 20
	mostPage  = 100
	mostShown = 20 // offers of one product, about
)

// keeper returns the shop that the caller runs campaigns for.
func (c *Core) keeper(ctx context.Context) (id.Merchant, error) {
	a := actor.From(ctx)
	if a.User == "" {
		return "", actor.ErrNobody
	}
	if a.Merchant == "" {
		return "", actor.ErrForbidden
	}
	ok, err := c.Catalog.May(system(ctx), catalog.May{User: a.User, Merchant: a.Merchant, Duty: catalog.DoCampaigns})
	if err != nil {
		return "", fmt.Errorf("may: %w", err)
	}
	if !ok.Yes {
		return "", actor.ErrForbidden
	}
	return a.Merchant, nil
}

func (c *Core) offer(ctx context.Context, offerID string) (offer, error) {
	o, err := c.offers.Get(ctx, offerID)
	if errors.Is(err, docdb.ErrNotFound) {
		return o, groupbuy.ErrNoSuchOffer.Because(err)
	}
	return o, err
}

// check prices the SKU of terms and says what is wrong with them.
func (c *Core) check(ctx context.Context, m id.Merchant, in groupbuy.Terms) (catalog.PricedSKU, error) {
	priced, err := c.Catalog.Price(system(ctx), catalog.PriceSKUs{SKUs: []id.SKU{in.SKU}})
	if err != nil {
		return catalog.PricedSKU{}, err
	}
	sku := priced.Items[0]
	if sku.Merchant != m {
		return sku, catalog.ErrNoSuchSKU
	}
	least, err := sku.Price.Part(money.Whole - groupbuy.Deepest)
	if err != nil {
		return sku, err
	}
	switch {
	case in.Price.Currency != sku.Price.Currency || in.Price.Amount >= sku.Price.Amount || in.Price.Amount < max(least.Amount, 1):
		return sku, groupbuy.ErrTerms.With("price", "out of bounds")
	case !in.StartAt.Before(in.EndAt) || !c.Now().Before(in.EndAt):
		return sku, groupbuy.ErrTerms.With("end_at", "is over before it starts")
	}
	return sku, nil
}

// Drafted implements groupbuy.Service.
func (c *Core) Drafted(ctx context.Context, in groupbuy.NewOffer) (groupbuy.Offer, error) {
	m, err := c.keeper(ctx)
	if err != nil {
		return groupbuy.Offer{}, err
	}
	offerID := id.Derive("gbo", string(m), in.RequestID)
	asked := fingerprint(in.Terms)
	if old, err := c.offers.Get(ctx, offerID); err == nil {
		return once(old, asked)
	}
	sku, err := c.check(ctx, m, in.Terms)
	if err != nil {
		return groupbuy.Offer{}, err
	}
	o := offer{
		Offer:   groupbuy.Offer{ID: offerID, Merchant: m, Product: sku.Product, Terms: in.Terms, State: groupbuy.Draft},
		Request: asked, MadeAt: c.Now(), All: true,
	}
	err = c.offers.Insert(ctx, offerID, o)
	if errors.Is(err, docdb.ErrExists) {
		old, err := c.offers.Get(ctx, offerID)
		if err != nil {
			return groupbuy.Offer{}, err
		}
		return once(old, asked)
	}
	return c.shown(ctx, o), err
}

func once(old offer, asked string) (groupbuy.Offer, error) {
	if old.Request != asked {
		return groupbuy.Offer{}, rpc.ErrReused
	}
	return old.Offer, nil
}

// fingerprint tells apart two requests that bear one id.
func fingerprint(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("groupbuy: %T cannot be encoded: %v", v, err)) // a bug in the contract
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Edit implements groupbuy.Service.
func (c *Core) Edit(ctx context.Context, in groupbuy.EditOffer) (groupbuy.Offer, error) {
	m, err := c.keeper(ctx)
	if err != nil {
		return groupbuy.Offer{}, err
	}
	sku, err := c.check(ctx, m, in.Terms)
	if err != nil {
		return groupbuy.Offer{}, err
	}
	return c.change(ctx, in.ID, m, func(o *offer) error {
		if o.State != groupbuy.Draft {
			return groupbuy.ErrNotDraft
		}
		o.Terms, o.Product = in.Terms, sku.Product
		return nil
	})
}

// Start implements groupbuy.Service.
func (c *Core) Start(ctx context.Context, in groupbuy.ByID) (groupbuy.Offer, error) {
	m, err := c.keeper(ctx)
	if err != nil {
		return groupbuy.Offer{}, err
	}
	o, err := c.offer(ctx, in.ID)
	if err != nil {
		return groupbuy.Offer{}, err
	}
	if o.Merchant != m {
		return groupbuy.Offer{}, groupbuy.ErrNoSuchOffer
	}
	if _, err := c.check(ctx, m, o.Terms); err != nil {
		return groupbuy.Offer{}, err // the price for everybody may have changed since
	}
	checked := o.Terms
	return c.change(ctx, in.ID, m, func(o *offer) error {
		switch o.State {
		case groupbuy.Killed:
			return groupbuy.ErrOver
		case groupbuy.Started:
			return errSame
		}
		if o.Terms != checked {
			return docdb.ErrBusy // edited since they were checked
		}
		o.State = groupbuy.Started
		return nil
	})
}

// Stop implements groupbuy.Service.
func (c *Core) Stop(ctx context.Context, in groupbuy.ByID) (groupbuy.Offer, error) {
	m, err := c.keeper(ctx)
	if err != nil {
		return groupbuy.Offer{}, err
	}
	return c.change(ctx, in.ID, m, func(o *offer) error {
		if o.State != groupbuy.Started {
			return errSame
		}
		o.State = groupbuy.Stopped
		return nil
	})
}

// Kill implements groupbuy.Service. The job lapses what is open.
func (c *Core) Kill(ctx context.Context, in groupbuy.ByID) (groupbuy.Offer, error) {
	m := id.Merchant("")
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		if m, err = c.keeper(ctx); err != nil {
			return groupbuy.Offer{}, err
		}
	}
	return c.change(ctx, in.ID, m, func(o *offer) error {
		if o.State == groupbuy.Killed {
			return errSame
		}
		o.State, o.KilledAt = groupbuy.Killed, c.Now()
		o.KillDue = o.KilledAt
		return nil
	})
}

// change alters an offer of a shop, or of any if m is "".
func (c *Core) change(ctx context.Context, offerID string, m id.Merchant, f func(*offer) error) (groupbuy.Offer, error) {
	o, err := c.offers.Update(ctx, offerID, func(o *offer) error {
		if m != "" && o.Merchant != m {
			return groupbuy.ErrNoSuchOffer
		}
		return f(o)
	})
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return groupbuy.Offer{}, groupbuy.ErrNoSuchOffer.Because(err)
	case err != nil && !errors.Is(err, errSame):
		return groupbuy.Offer{}, err
	}
	return c.shown(ctx, o), nil
}

// Offers implements groupbuy.Service.
func (c *Core) Offers(ctx context.Context, in groupbuy.ByProduct) (groupbuy.OfferList, error) {
	q := docdb.Query{Index: "product", Equal: []any{in.Product}, Descending: true, Limit: mostPage, After: in.After}
	most := mostShown
	if in.Product == "" {
		q.Index, q.Equal, q.Limit = "all", []any{true}, in.Size(usualPage, mostPage)
		most = 1 // a page is as long as it comes, and not empty while there is more
	}
	out := groupbuy.OfferList{Items: []groupbuy.Offer{}}
	for {
		p, err := c.offers.Find(ctx, q)
		if err != nil {
			return out, err
		}
		for _, o := range p.Items {
			if o.opens(c.Now()) == nil {
				out.Items = append(out.Items, c.shown(ctx, o))
			}
		}
		out.Next, q.After = p.Next, p.Next
		if p.Next == "" || len(out.Items) >= most {
			return out, nil
		}
	}
}

// Offer implements groupbuy.Service.
func (c *Core) Offer(ctx context.Context, in groupbuy.ByID) (groupbuy.Offer, error) {
	o, err := c.offer(ctx, in.ID)
	if err != nil {
		return groupbuy.Offer{}, err
	}
	if a := actor.From(ctx); o.State == groupbuy.Draft && a.Merchant != o.Merchant && !a.Is(actor.Operator) {
		return groupbuy.Offer{}, groupbuy.ErrNoSuchOffer
	}
	return c.shown(ctx, o), nil
}

// OfShop implements groupbuy.Service.
func (c *Core) OfShop(ctx context.Context, in page.Ask) (page.Page[groupbuy.Offer], error) {
	m, err := c.keeper(ctx)
	if err != nil {
		return page.Page[groupbuy.Offer]{}, err
	}
	return c.list(ctx, docdb.Query{Index: "merchant", Equal: []any{m}, After: in.After, Limit: in.Size(usualPage, mostPage)})
}

// All implements groupbuy.Service.
func (c *Core) All(ctx context.Context, in page.Ask) (page.Page[groupbuy.Offer], error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return page.Page[groupbuy.Offer]{}, err
	}
	return c.list(ctx, docdb.Query{Index: "all", Equal: []any{true}, After: in.After, Limit: in.Size(usualPage, mostPage)})
}

func (c *Core) list(ctx context.Context, q docdb.Query) (page.Page[groupbuy.Offer], error) {
	q.Descending = true
	p, err := c.offers.Find(ctx, q)
	if err != nil {
		return page.Page[groupbuy.Offer]{}, err
	}
	return page.Map(p, func(o offer) groupbuy.Offer { return o.Offer }), nil
}

// shown returns an offer with what one costs without a team, where that is to be
// had.
func (c *Core) shown(ctx context.Context, o offer) groupbuy.Offer {
	o.Single = c.single(ctx, o.SKU)
	return o.Offer
}

func (c *Core) single(ctx context.Context, sku id.SKU) money.Money {
	p, err := c.Catalog.Price(system(ctx), catalog.PriceSKUs{SKUs: []id.SKU{sku}})
	if err != nil || len(p.Items) == 0 {
		return money.Money{}
	}
	return p.Items[0].Price
}
