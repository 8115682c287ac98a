package catalogcore

import (
	"context"
	"errors"
	"slices"

	"meadow/services/catalog"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
)

// Price answers what SKUs cost now, in the order asked.
func (c *Core) Price(ctx context.Context, in catalog.PriceSKUs) (catalog.Priced, error) {
	if len(in.Via) > 0 && len(in.Via) != len(in.SKUs) {
		return catalog.Priced{}, errs.ErrInvalid.With("via", "one for each SKU, or none")
	}
	out := catalog.Priced{Items: make([]catalog.PricedSKU, 0, len(in.SKUs))}
	for i, s := range in.SKUs {
		var via catalog.Via
		if len(in.Via) > 0 {
			via = in.Via[i]
		}
		one, err := c.price(ctx, s, in, via)
		if err != nil {
			return catalog.Priced{}, err
		}
		out.Items = append(out.Items, one)
	}
	return out, nil
}

func (c *Core) price(ctx context.Context, s id.SKU, in catalog.PriceSKUs, via catalog.Via) (catalog.PricedSKU, error) {
	home, err := c.skus.Get(ctx, string(s))
	if errors.Is(err, docdb.ErrNotFound) {
		return catalog.PricedSKU{}, catalog.ErrNoSuchSKU.Because(err)
	}
	if err != nil {
		return catalog.PricedSKU{}, err
	}
	p, err := c.products.Get(ctx, string(home.Product))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return catalog.PricedSKU{}, err
	}
	i := slices.IndexFunc(p.SKUs, func(k catalog.SKU) bool { return k.ID == s })
	if i < 0 {
		return catalog.PricedSKU{}, catalog.ErrNoSuchSKU
	}
	k := p.SKUs[i]
	switch {
	case p.State != catalog.Listed:
		return catalog.PricedSKU{}, catalog.ErrNotListed
	case !soldVia(k.Only, via):
		return catalog.PricedSKU{}, catalog.ErrExclusive.With("sku", string(s))
	}
	price, list, ok := c.costs(k, in.Region, in.Currency)
	if !ok {
		return catalog.PricedSKU{}, catalog.ErrNoPriceThere.With("sku", string(s))
	}
	available, err := c.left(ctx, home)
	if err != nil {
		return catalog.PricedSKU{}, err
	}
	return catalog.PricedSKU{
		SKU: s, Product: p.ID, Merchant: p.Merchant, Title: p.Title, Values: listed(k.Values),
		Picture: cover(p.Product, k), Price: price, List: list, Commission: p.Commission,
		Category: p.Category, Brand: string(p.Brand), TaxClass: taxClass(p.Product), Available: available,
	}, nil
}

// soldVia reports whether a SKU is sold where somebody buys it from.
func soldVia(only catalog.Exclusive, via catalog.Via) bool {
	return only.IsZero() ||
		via.Channel != "" && slices.Contains(only.Channels, via.Channel) ||
		via.Creator != "" && slices.Contains(only.Creators, via.Creator) ||
		via.Group != "" && slices.Contains(only.Groups, via.Group)
}

// costs is what a SKU costs in a region and a currency: the region's price, else
// the one for everywhere.
func (c *Core) costs(k catalog.SKU, region, currency string) (price, list money.Money, ok bool) {
	if currency == "" {
		currency = c.Currency
	}
	for _, where := range slices.Compact([]string{region, ""}) {
		for _, x := range k.Prices {
			if x.Region == where && x.Price.Currency == currency {
				return x.Price, x.List, true
			}
		}
	}
	return k.Price, k.List, k.Price.Currency == currency
}

// taxClass is a product's, also of one that was written before there were any.
func taxClass(p catalog.Product) string {
	if p.TaxClass != "" {
		return p.TaxClass
	}
	category, _ := catalog.CategoryOf(p.Category)
	return category.TaxClass
}

// left is how many of a SKU can be bought now. Of a very large stock it is what
// the fullest cells have: enough for any order.
func (c *Core) left(ctx context.Context, home skuHome) (int64, error) {
	if len(home.Components) > 0 {
		return c.whole(ctx, home.Components)
	}
	cells, err := c.heaps.Find(ctx, docdb.Query{Index: "sku", Equal: []any{string(home.ID)}, From: int64(1), Descending: true, Limit: 50})
	var n int64
	for _, x := range cells.Items {
		n += x.Available
	}
	return n, err
}

// whole is how many bundles can be made of what is left of their components.
func (c *Core) whole(ctx context.Context, components []catalog.Units) (int64, error) {
	least := int64(-1)
	for _, u := range components {
		n, err := c.left(ctx, skuHome{ID: u.SKU})
		if err != nil {
			return 0, err
		}
		if n /= u.N; least < 0 || n < least {
			least = n
		}
	}
	return max(least, 0), nil
}
