package checkoutcore

import (
	"context"
	"errors"
	"slices"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// line begins one line at the price for everybody, and credits the post it was
// bought from. What it costs in the end is up to the offers.
func (c *Core) line(ctx context.Context, buyer id.User, in checkout.Choice, p catalog.PricedSKU) (checkout.Line, error) {
	amount, err := p.Price.Times(in.N)
	if err != nil {
		return checkout.Line{}, errs.ErrInvalid.With("lines", "come to more than we can count").Because(err)
	}
	none := money.Money{Currency: amount.Currency}
	out := checkout.Line{
		SKU: p.SKU, Product: p.Product, Merchant: p.Merchant, Title: p.Title, Values: p.Values, Picture: p.Picture,
		N: in.N, List: p.Price, Price: p.Price, Deal: in.Deal, Amount: amount, Met: met(creator.Attribution{}, in.Source),
		Fee: none, Commission: none,
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
	if source.Reward {
		out.Rate = p.Commission
	}
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
