package checkoutcore

import (
	"context"
	"errors"
	"slices"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// Quote prices what a shopper chose, from the catalogue's prices of now.
func (c *Core) Quote(ctx context.Context, in checkout.Ask) (checkout.Quote, error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return checkout.Quote{}, err
	}
	skus := make([]id.SKU, len(in.Lines))
	seen := map[id.SKU]bool{}
	for i, l := range in.Lines {
		if skus[i] = l.SKU; seen[l.SKU] {
			return checkout.Quote{}, checkout.ErrDoubleSKU
		}
		seen[l.SKU] = true
	}
	priced, err := c.Catalog.Price(system(ctx), catalog.PriceSKUs{SKUs: skus})
	if err != nil {
		return checkout.Quote{}, err
	}
	now := c.Now()
	q := quote{Buyer: buyer, Quote: checkout.Quote{ID: id.New("quo", now), ExpiresAt: now.Add(checkout.QuoteTTL)}}
	for i, p := range priced.Items {
		line, err := c.line(ctx, buyer, in.Lines[i], p)
		if err != nil {
			return checkout.Quote{}, err
		}
		q.Lines = append(q.Lines, line)
		if q.Goods, err = q.Goods.Add(line.Amount); errors.Is(err, money.ErrCurrency) {
			return checkout.Quote{}, checkout.ErrCurrencies
		} else if err != nil {
			return checkout.Quote{}, errs.ErrInvalid.With("lines", "come to more than we can count").Because(err)
		}
	}
	q.Shipping = c.Shipping.of(q.Goods)
	if q.Total, err = q.Goods.Add(q.Shipping); err != nil {
		return checkout.Quote{}, errs.ErrInvalid.With("lines", "come to more than we can count").Because(err)
	}
	return q.Quote, c.quotes.Insert(ctx, q.ID, q)
}

// line freezes one SKU at its price, and credits the post it was bought from.
func (c *Core) line(ctx context.Context, buyer id.User, in checkout.Choice, p catalog.PricedSKU) (checkout.Line, error) {
	amount, err := p.Price.Times(in.N)
	if err != nil {
		return checkout.Line{}, errs.ErrInvalid.With("lines", "come to more than we can count").Because(err)
	}
	out := checkout.Line{
		SKU: p.SKU, Product: p.Product, Merchant: p.Merchant, Title: p.Title, Values: p.Values, Picture: p.Picture,
		N: in.N, Price: p.Price, Amount: amount, Met: met(creator.Attribution{}, in.Source),
		Commission: money.Money{Currency: amount.Currency},
	}
	if out.Fee, err = amount.Part(c.Fee); err != nil {
		return out, err
	}
	if in.Link == "" {
		return out, nil
	}
	source, err := c.Creator.OpenLink(system(ctx), creator.OpenLink{Link: in.Link})
	if errors.Is(err, creator.ErrBadLink) || err == nil && (source.Product != p.Product || source.Creator == buyer) {
		return out, nil // credits nobody; nobody earns by buying from themselves
	}
	if err != nil {
		return out, err
	}
	out.Source, out.Met = source, met(source, in.Source)
	if !source.Reward {
		return out, nil
	}
	out.Rate = p.Commission
	if out.Commission, err = amount.Part(p.Commission); err != nil {
		return out, err
	}
	// A merchant never pays for selling: where both come to more than the price,
	// the fee gives way.
	out.Fee.Amount = min(out.Fee.Amount, amount.Amount-out.Commission.Amount)
	return out, nil
}

// met is where a buyer met what they buy: what the link proves, else what their
// screen says.
func met(by creator.Attribution, said insight.Source) insight.Source {
	switch {
	case by.Via != "":
		return insight.ByShare
	case slices.Contains(insight.Sources, said):
		return said
	case by.Creator != "" && by.Post == "":
		return insight.OnProfile // a showcase
	}
	return insight.Elsewhere
}
