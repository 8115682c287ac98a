package catalogcore

import (
	"context"
	"errors"
	"fmt"

	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
)

// priced checks what a SKU costs: one price for the rest of the world in the
// platform's currency, and at most one for each region and currency.
func (c *Core) priced(n catalog.NewSKU) error {
	if !sound(n.Price, n.List) || n.Price.Currency != c.Currency {
		return catalog.ErrBadPrice
	}
	seen := map[string]bool{"/" + c.Currency: true}
	for _, x := range n.Prices {
		key := x.Region + "/" + x.Price.Currency
		if !sound(x.Price, x.List) || len(x.Price.Currency) != 3 || seen[key] {
			return catalog.ErrBadPrice.With("prices", key)
		}
		seen[key] = true
	}
	return nil
}

// sound reports whether a price is one, and its list price above it.
func sound(price, list money.Money) bool {
	return price.Amount > 0 && (list.Amount == 0 || list.Amount > price.Amount && list.Currency == price.Currency)
}

// bundled checks components: other single goods of the same shop, each once.
func (c *Core) bundled(ctx context.Context, m id.Merchant, components []catalog.Units) error {
	seen := map[id.SKU]bool{}
	for _, u := range components {
		home, err := c.skus.Get(ctx, string(u.SKU))
		if err != nil && !errors.Is(err, docdb.ErrNotFound) {
			return err
		}
		if err != nil || home.Merchant != m || len(home.Components) > 0 || seen[u.SKU] || u.N < 1 || u.N > 99 {
			return catalog.ErrBadBundle.With("components", string(u.SKU))
		}
		seen[u.SKU] = true
	}
	return nil
}

// skuID is derived from the product, the values and the components, so that an
// edit keeps what stays, and a bundle's orders always mean the same goods.
func skuID(p id.Product, n catalog.NewSKU) id.SKU {
	key := append([]string{string(p)}, n.Values...)
	for _, u := range n.Components {
		key = append(key, fmt.Sprintf("%d of %s", u.N, u.SKU))
	}
	return id.SKU(id.Derive("sku", key...))
}

// sends writes a product's shipping profile, which is its shop's.
func (c *Core) sends(ctx context.Context, p *product, profile string) error {
	p.Shipping = profile
	if profile == "" {
		return nil
	}
	x, err := c.profiles.Get(ctx, profile)
	if errors.Is(err, docdb.ErrNotFound) || err == nil && x.Merchant != p.Merchant {
		return catalog.ErrNoSuchProfile
	}
	return err
}
