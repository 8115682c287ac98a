package checkoutcore

import (
	"context"
	"errors"
	"slices"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// proved is what the purchase links of lines prove, in their order. One that is
// not valid any more proves nothing.
func (c *Core) proved(ctx context.Context, lines []checkout.Choice) ([]creator.Attribution, error) {
	out := make([]creator.Attribution, len(lines))
	for i, l := range lines {
		if l.Link == "" {
			continue
		}
		source, err := c.Creator.OpenLink(system(ctx), creator.OpenLink{Link: l.Link})
		if errors.Is(err, creator.ErrBadLink) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out[i] = source
	}
	return out, nil
}

// disown takes out of what links prove those that credit the buyer under another
// account: nobody earns by buying from themselves.
func (c *Core) disown(ctx context.Context, buyer id.User, proved []creator.Attribution) error {
	var mine []string
	for i, source := range proved {
		if source.Creator == "" || source.Creator == buyer { // line sees to the latter
			continue
		}
		if mine == nil {
			var err error
			if mine, err = c.identities(ctx, buyer); err != nil {
				return err
			}
		}
		theirs, err := c.identities(ctx, source.Creator)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(theirs, func(x string) bool { return slices.Contains(mine, x) }) {
			proved[i] = creator.Attribution{}
		}
	}
	return nil
}

// identities tell the person behind an account from others.
func (c *Core) identities(ctx context.Context, u id.User) ([]string, error) {
	known, err := c.Account.Identities(system(ctx), account.IdentitiesOf{User: u})
	if errors.Is(err, account.ErrNoSuchUser) {
		return []string{}, nil
	}
	return known.Items, err
}

// line begins one line at the price for everybody, and credits the post it was
// bought from. What it costs in the end is up to the offers.
func line(buyer id.User, in checkout.Choice, p catalog.PricedSKU, source creator.Attribution) (checkout.Line, error) {
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
	if source.Product != p.Product || source.Creator == buyer {
		return out, nil // credits nobody; nobody earns by buying from themselves
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
