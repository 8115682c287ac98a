package catalogcore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/services/catalog"
	"meadow/services/kernel/money"
)

// Promise says what one unit of a SKU costs to send, when it arrives and what is
// in it.
func (c *Core) Promise(ctx context.Context, in catalog.AskPromise) (catalog.Promise, error) {
	p, err := c.Product(ctx, catalog.ByProduct{ID: in.ID})
	if err != nil {
		return catalog.Promise{}, err
	}
	at := slices.IndexFunc(p.SKUs, func(k catalog.SKU) bool { return in.SKU == "" || k.ID == in.SKU })
	if at < 0 {
		return catalog.Promise{}, catalog.ErrNoSuchSKU
	}
	k := p.SKUs[at]
	out := catalog.Promise{Sent: true, Fee: money.Money{Currency: c.Currency}, Contents: []catalog.Content{}}
	carried, err := c.Carriage(ctx, catalog.AskCarriage{Region: in.Region, Lines: []catalog.CarriedLine{{SKU: k.ID, N: 1, Amount: k.Price}}})
	switch {
	case errors.Is(err, catalog.ErrNotSentThere):
		out.Sent = false
	case err != nil:
		return catalog.Promise{}, err
	default:
		one := carried.Items[0]
		out.Fee, out.Earliest, out.Latest = one.Fee, one.Earliest, one.Latest
	}
	for _, u := range k.Components {
		home, err := c.skus.Get(ctx, string(u.SKU))
		if err != nil {
			return catalog.Promise{}, fmt.Errorf("promise: %w", err)
		}
		part, err := c.products.Get(ctx, string(home.Product))
		if err != nil {
			return catalog.Promise{}, fmt.Errorf("promise: %w", err)
		}
		one := catalog.Content{SKU: u.SKU, N: u.N, Product: part.ID, Title: part.Title}
		if i := slices.IndexFunc(part.SKUs, func(s catalog.SKU) bool { return s.ID == u.SKU }); i >= 0 {
			one.Values = part.SKUs[i].Values
		}
		one.Values = listed(one.Values)
		out.Contents = append(out.Contents, one)
	}
	return out, nil
}
