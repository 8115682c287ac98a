package catalogcore

import (
	"context"
	"errors"
	"slices"
	"strings"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// Draft stores a product under an id derived from the request.
func (c *Core) Draft(ctx context.Context, in catalog.DraftProduct) (catalog.Product, error) {
	a, err := catalog.Require(ctx, c, catalog.DoProducts)
	if err != nil {
		return catalog.Product{}, err
	}
	p := product{Product: catalog.Product{
		ID:       id.Product(id.Derive("prd", string(a.Merchant), in.RequestID)),
		Merchant: a.Merchant,
		State:    catalog.Draft,
	}}
	if err := c.fill(ctx, a.User, &p, in.Sheet); err != nil {
		return catalog.Product{}, err
	}
	if err := c.house(ctx, p); err != nil {
		return catalog.Product{}, err
	}
	p.Request = fingerprint(in.Sheet)
	err = c.products.Insert(ctx, string(p.ID), p)
	if errors.Is(err, docdb.ErrExists) {
		before, err := c.products.Get(ctx, string(p.ID))
		if err == nil && before.Request != p.Request {
			err = rpc.ErrReused
		}
		if err != nil {
			return catalog.Product{}, err
		}
		return c.withStock(ctx, before.Product)
	}
	if err != nil {
		return catalog.Product{}, err
	}
	return c.withStock(ctx, p.Product)
}

// Edit replaces what a merchant wrote. A listed product stays listed only if
// it is still complete.
func (c *Core) Edit(ctx context.Context, in catalog.EditProduct) (catalog.Product, error) {
	before, err := c.mine(ctx, in.ID)
	if err != nil {
		return catalog.Product{}, err
	}
	draft := before
	if err := c.fill(ctx, actor.From(ctx).User, &draft, in.Sheet); err != nil {
		return catalog.Product{}, err
	}
	if draft.State == catalog.Listed {
		if err := complete(draft.Product); err != nil {
			return catalog.Product{}, err
		}
	}
	if err := c.house(ctx, draft); err != nil {
		return catalog.Product{}, err
	}
	return c.change(ctx, in.ID, func(p *product) error {
		state := p.State
		p.Product = draft.Product
		p.State = state
		if state == catalog.Listed { // it may have been listed meanwhile
			return complete(p.Product)
		}
		return nil
	})
}

// fill writes a sheet into p. SKUs get ids derived from the product and their
// values, so that an edit keeps those that stay.
func (c *Core) fill(ctx context.Context, owner id.User, p *product, s catalog.Sheet) error {
	if err := matrix(s); err != nil {
		return err
	}
	pictures, err := c.show(ctx, owner, p.Pictures, s.Pictures)
	if err != nil {
		return err
	}
	if err := c.shelve(ctx, p, s); err != nil {
		return err
	}
	if err := c.sends(ctx, p, s.Shipping); err != nil {
		return err
	}
	p.Title, p.Body = strings.TrimSpace(s.Title), s.Body
	p.Facts, p.Options, p.Pictures, p.Commission = s.Facts, s.Options, pictures, s.Commission
	p.SKUs = nil
	for _, n := range s.SKUs {
		if err := c.priced(n); err != nil {
			return err
		}
		if n.Picture != "" && !slices.ContainsFunc(pictures, func(x picture.Picture) bool { return x.ID == n.Picture }) {
			return catalog.ErrIncomplete.With("skus", "a picture must be one of the product's")
		}
		if err := c.bundled(ctx, p.Merchant, n.Components); err != nil {
			return err
		}
		p.SKUs = append(p.SKUs, catalog.SKU{
			ID: skuID(p.ID, n), Values: n.Values, Price: n.Price, List: n.List, Picture: n.Picture,
			Prices: n.Prices, Components: n.Components, Only: n.Only,
		})
	}
	p.UpdatedAt = c.Now()
	return nil
}

// matrix checks that SKUs combine the options' values, each at most once.
func matrix(s catalog.Sheet) error {
	seen := map[string]bool{}
	for _, k := range s.SKUs {
		if len(k.Values) != len(s.Options) {
			return catalog.ErrBadMatrix
		}
		for i, v := range k.Values {
			if !slices.Contains(s.Options[i].Values, v) {
				return catalog.ErrBadMatrix
			}
		}
		key := id.Derive("k", k.Values...)
		if seen[key] {
			return catalog.ErrBadMatrix
		}
		seen[key] = true
	}
	return nil
}

// house stores where each SKU belongs, before the product that names it.
func (c *Core) house(ctx context.Context, p product) error {
	for _, k := range p.SKUs {
		err := c.skus.Insert(ctx, string(k.ID), skuHome{ID: k.ID, Product: p.ID, Merchant: p.Merchant, Components: k.Components})
		if err != nil && !errors.Is(err, docdb.ErrExists) {
			return err
		}
	}
	return nil
}

// List puts a product on sale once its facts are complete.
func (c *Core) List(ctx context.Context, in catalog.ByProduct) (catalog.Product, error) {
	if _, err := c.mine(ctx, in.ID); err != nil {
		return catalog.Product{}, err
	}
	return c.change(ctx, in.ID, func(p *product) error {
		if err := complete(p.Product); err != nil {
			return err
		}
		p.State = catalog.Listed
		if p.ListedAt.IsZero() {
			p.ListedAt = c.Now()
		}
		return nil
	})
}

// Delist takes a product off sale. Orders already placed are served.
func (c *Core) Delist(ctx context.Context, in catalog.ByProduct) (catalog.Product, error) {
	if _, err := c.mine(ctx, in.ID); err != nil {
		return catalog.Product{}, err
	}
	return c.change(ctx, in.ID, func(p *product) error {
		if p.State == catalog.Listed {
			p.State = catalog.Delisted
		}
		return nil
	})
}

// complete is what disclosure asks for before a product may be sold.
func complete(p catalog.Product) error {
	switch {
	case len(p.Facts) == 0:
		return catalog.ErrIncomplete.With("facts", "at least one fact, such as origin or material")
	case len(p.Pictures) == 0:
		return catalog.ErrIncomplete.With("pictures", "at least one picture")
	case len(p.SKUs) == 0:
		return catalog.ErrIncomplete.With("skus", "at least one SKU")
	}
	return disclosed(p)
}

// change updates a product and announces it.
func (c *Core) change(ctx context.Context, p id.Product, f func(*product) error) (catalog.Product, error) {
	r, err := c.products.Update(ctx, string(p), func(r *product) error {
		if err := f(r); err != nil {
			return err
		}
		r.Rev++
		r.UpdatedAt = c.Now()
		if !r.ListedAt.IsZero() {
			// Only the newest word counts; older ones need not be told any more.
			r.Outbox = slices.DeleteFunc(r.Outbox, func(e bus.Event) bool { return e.Topic == catalog.ProductChanged.Name })
			r.Add(c.Now(), changed(*r))
		}
		return nil
	})
	if err != nil {
		return catalog.Product{}, err
	}
	c.relay.Kick(string(p))
	return c.withStock(ctx, r.Product)
}

// Price of the cheapest SKU, for lists.
func cheapest(p catalog.Product) money.Money {
	var low money.Money
	for i, k := range p.SKUs {
		if i == 0 || k.Price.Amount < low.Amount {
			low = k.Price
		}
	}
	return low
}
