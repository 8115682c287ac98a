package bargaincore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
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
		return o, bargain.ErrNoSuchOffer.Because(err)
	}
	return o, err
}

// opens says why no bargain of o can be started.
func (o *offer) opens(now time.Time) error {
	switch {
	case o.State == bargain.Draft:
		return bargain.ErrNoSuchOffer
	case o.State != bargain.Started || !now.Before(o.EndAt):
		return promo.ErrEnded
	case now.Before(o.StartAt):
		return promo.ErrNotYet
	}
	return nil
}

// check prices the SKU of terms and says what is wrong with them.
func (c *Core) check(ctx context.Context, m id.Merchant, in bargain.Terms) (catalog.PricedSKU, error) {
	priced, err := c.Catalog.Price(system(ctx), catalog.PriceSKUs{SKUs: []id.SKU{in.SKU}})
	if err != nil {
		return catalog.PricedSKU{}, err
	}
	sku := priced.Items[0]
	if sku.Merchant != m {
		return sku, catalog.ErrNoSuchSKU
	}
	least, err := sku.Price.Part(money.Whole - bargain.Deepest)
	if err != nil {
		return sku, err
	}
	switch {
	case in.Start.Currency != sku.Price.Currency || in.Start.Amount > sku.Price.Amount:
		return sku, bargain.ErrTerms.With("start", "above the price for everybody")
	case in.Floor.Currency != sku.Price.Currency || in.Floor.Amount < max(least.Amount, 1):
		return sku, bargain.ErrTerms.With("floor", "next to nothing")
	case in.Start.Amount-in.Floor.Amount < int64(in.Cuts):
		return sku, bargain.ErrTerms.With("cuts", "more than there is to cut")
	case in.Cuts < 1 || in.NewCuts > in.Cuts:
		return sku, bargain.ErrTerms.With("new_cuts", "more than there are cuts")
	case !in.StartAt.Before(in.EndAt) || !c.Now().Before(in.EndAt):
		return sku, bargain.ErrTerms.With("end_at", "is over before it starts")
	}
	return sku, nil
}

// Drafted implements bargain.Service.
func (c *Core) Drafted(ctx context.Context, in bargain.NewOffer) (bargain.Offer, error) {
	m, err := c.keeper(ctx)
	if err != nil {
		return bargain.Offer{}, err
	}
	offerID := id.Derive("bgo", string(m), in.RequestID)
	asked := fingerprint(in.Terms)
	if old, err := c.offers.Get(ctx, offerID); err == nil {
		return once(old, asked)
	}
	sku, err := c.check(ctx, m, in.Terms)
	if err != nil {
		return bargain.Offer{}, err
	}
	o := offer{
		Offer:   bargain.Offer{ID: offerID, Merchant: m, Product: sku.Product, Terms: in.Terms, State: bargain.Draft},
		Request: asked, MadeAt: c.Now(), All: true,
	}
	err = c.offers.Insert(ctx, offerID, o)
	if errors.Is(err, docdb.ErrExists) {
		old, err := c.offers.Get(ctx, offerID)
		if err != nil {
			return bargain.Offer{}, err
		}
		return once(old, asked)
	}
	return c.offered(ctx, o), err
}

func once(old offer, asked string) (bargain.Offer, error) {
	if old.Request != asked {
		return bargain.Offer{}, rpc.ErrReused
	}
	return old.Offer, nil
}

// fingerprint tells apart two requests that bear one id.
func fingerprint(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("bargain: %T cannot be encoded: %v", v, err)) // a bug in the contract
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Edit implements bargain.Service.
func (c *Core) Edit(ctx context.Context, in bargain.EditOffer) (bargain.Offer, error) {
	m, err := c.keeper(ctx)
	if err != nil {
		return bargain.Offer{}, err
	}
	sku, err := c.check(ctx, m, in.Terms)
	if err != nil {
		return bargain.Offer{}, err
	}
	return c.change(ctx, in.ID, m, func(o *offer) error {
		if o.State != bargain.Draft {
			return bargain.ErrNotDraft
		}
		o.Terms, o.Product = in.Terms, sku.Product
		return nil
	})
}

// Start implements bargain.Service.
func (c *Core) Start(ctx context.Context, in bargain.ByID) (bargain.Offer, error) {
	m, err := c.keeper(ctx)
	if err != nil {
		return bargain.Offer{}, err
	}
	o, err := c.offer(ctx, in.ID)
	if err != nil {
		return bargain.Offer{}, err
	}
	if o.Merchant != m {
		return bargain.Offer{}, bargain.ErrNoSuchOffer
	}
	if _, err := c.check(ctx, m, o.Terms); err != nil {
		return bargain.Offer{}, err // the price for everybody may have changed since
	}
	if o.State == bargain.Draft {
		if err := c.layOut(ctx, o); err != nil {
			return bargain.Offer{}, err
		}
	}
	checked := o.Terms
	return c.change(ctx, in.ID, m, func(o *offer) error {
		switch o.State {
		case bargain.Killed:
			return bargain.ErrOver
		case bargain.Started:
			return errSame
		}
		if o.Terms != checked {
			return docdb.ErrBusy // edited since they were checked
		}
		o.State = bargain.Started
		return nil
	})
}

// layOut makes the places of an offer that nobody has begun yet.
func (c *Core) layOut(ctx context.Context, o offer) error {
	_, err := c.places.Upsert(ctx, o.ID, func(p *places) error {
		if len(p.Taken) > 0 {
			return errSame // somebody was faster, and it runs
		}
		*p = places{ID: o.ID, Left: o.Stock, Taken: map[string]bool{}}
		return nil
	})
	return settled(err)
}

// Stop implements bargain.Service.
func (c *Core) Stop(ctx context.Context, in bargain.ByID) (bargain.Offer, error) {
	m, err := c.keeper(ctx)
	if err != nil {
		return bargain.Offer{}, err
	}
	return c.change(ctx, in.ID, m, func(o *offer) error {
		if o.State != bargain.Started {
			return errSame
		}
		o.State = bargain.Stopped
		return nil
	})
}

// Kill implements bargain.Service. The job ends what runs.
func (c *Core) Kill(ctx context.Context, in bargain.ByID) (bargain.Offer, error) {
	m := id.Merchant("")
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		if m, err = c.keeper(ctx); err != nil {
			return bargain.Offer{}, err
		}
	}
	return c.change(ctx, in.ID, m, func(o *offer) error {
		if o.State == bargain.Killed {
			return errSame
		}
		o.State, o.KilledAt = bargain.Killed, c.Now()
		o.KillDue = o.KilledAt
		return nil
	})
}

// change alters an offer of a shop, or of any if m is "".
func (c *Core) change(ctx context.Context, offerID string, m id.Merchant, f func(*offer) error) (bargain.Offer, error) {
	o, err := c.offers.Update(ctx, offerID, func(o *offer) error {
		if m != "" && o.Merchant != m {
			return bargain.ErrNoSuchOffer
		}
		return f(o)
	})
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return bargain.Offer{}, bargain.ErrNoSuchOffer.Because(err)
	case err != nil && !errors.Is(err, errSame):
		return bargain.Offer{}, err
	}
	return c.offered(ctx, o), nil
}

// Offers implements bargain.Service.
func (c *Core) Offers(ctx context.Context, in bargain.ByProduct) (bargain.OfferList, error) {
	q := docdb.Query{Index: "product", Equal: []any{in.Product}, Descending: true, Limit: mostPage, After: in.After}
	most := mostShown
	if in.Product == "" {
		q.Index, q.Equal, q.Limit = "all", []any{true}, in.Size(usualPage, mostPage)
		most = 1 // a page is as long as it comes, and not empty while there is more
	}
	out := bargain.OfferList{Items: []bargain.Offer{}}
	for {
		p, err := c.offers.Find(ctx, q)
		if err != nil {
			return out, err
		}
		for _, o := range p.Items {
			if o.opens(c.Now()) == nil {
				out.Items = append(out.Items, c.offered(ctx, o))
			}
		}
		out.Next, q.After = p.Next, p.Next
		if p.Next == "" || len(out.Items) >= most {
			return out, nil
		}
	}
}

// Offer implements bargain.Service.
func (c *Core) Offer(ctx context.Context, in bargain.ByID) (bargain.Offer, error) {
	o, err := c.offer(ctx, in.ID)
	if err != nil {
		return bargain.Offer{}, err
	}
	if a := actor.From(ctx); o.State == bargain.Draft && a.Merchant != o.Merchant && !a.Is(actor.Operator) {
		return bargain.Offer{}, bargain.ErrNoSuchOffer
	}
	return c.offered(ctx, o), nil
}

// OfShop implements bargain.Service.
func (c *Core) OfShop(ctx context.Context, in page.Ask) (page.Page[bargain.Offer], error) {
	m, err := c.keeper(ctx)
	if err != nil {
		return page.Page[bargain.Offer]{}, err
	}
	return c.list(ctx, docdb.Query{Index: "merchant", Equal: []any{m}, After: in.After, Limit: in.Size(usualPage, mostPage)})
}

// All implements bargain.Service.
func (c *Core) All(ctx context.Context, in page.Ask) (page.Page[bargain.Offer], error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return page.Page[bargain.Offer]{}, err
	}
	return c.list(ctx, docdb.Query{Index: "all", Equal: []any{true}, After: in.After, Limit: in.Size(usualPage, mostPage)})
}

func (c *Core) list(ctx context.Context, q docdb.Query) (page.Page[bargain.Offer], error) {
	q.Descending = true
	p, err := c.offers.Find(ctx, q)
	if err != nil {
		return page.Page[bargain.Offer]{}, err
	}
	return page.Map(p, func(o offer) bargain.Offer { return o.Offer }), nil
}

// offered returns an offer with what is left of it and what one costs everybody,
// where that is to be had.
func (c *Core) offered(ctx context.Context, o offer) bargain.Offer {
	o.Single, o.Left = c.single(ctx, o.SKU), o.Stock
	if p, err := c.places.Get(ctx, o.ID); err == nil {
		o.Left = p.Left
	}
	return o.Offer
}

func (c *Core) single(ctx context.Context, sku id.SKU) money.Money {
	p, err := c.Catalog.Price(system(ctx), catalog.PriceSKUs{SKUs: []id.SKU{sku}})
	if err != nil || len(p.Items) == 0 {
		return money.Money{}
	}
	return p.Items[0].Price
}
