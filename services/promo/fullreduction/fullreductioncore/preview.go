package fullreductioncore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
	"meadow/services/promo/price"
)

// Preview computes worked examples of terms, beside what runs.
func (c *Core) Preview(ctx context.Context, in fullreduction.PreviewCampaign) (fullreduction.Preview, error) {
	owner, err := c.owner(ctx, in.OfPlatform)
	if err != nil {
		return fullreduction.Preview{}, err
	}
	terms, err := c.check(in.Terms, owner, actor.From(ctx).Is(actor.Operator))
	if err != nil {
		return fullreduction.Preview{}, err
	}
	x := campaign{Owner: owner, Campaign: fullreduction.Campaign{ID: in.ID, Scope: promo.OfMerchant, Merchant: id.Merchant(owner), Terms: terms}}
	if in.OfPlatform {
		x.Scope, x.Merchant = promo.OfPlatform, ""
	}
	if x.ID == "" {
		x.ID = "this"
	}
	out := fullreduction.Preview{Deepest: depth(terms)}
	if out.Warnings, err = c.warnings(ctx, x); err != nil {
		return out, err
	}
	for _, e := range c.cases(x) {
		if e.Priced, err = c.worked(ctx, x, e.Lines); err != nil {
			return out, err
		}
		out.Examples = append(out.Examples, e)
	}
	if len(in.Basket) == 0 {
		return out, nil
	}
	lines, err := c.basket(ctx, in.Basket)
	if err != nil {
		return out, err
	}
	e := fullreduction.Example{Case: "basket", Lines: lines}
	if e.Priced, err = c.worked(ctx, x, lines); err != nil {
		return out, err
	}
	out.Examples = append(out.Examples, e)
	return out, nil
}

// cases are made up: a minor unit short of each tier, just there, and two lines
// that come to twice as much.
func (c *Core) cases(x campaign) []fullreduction.Example {
	var out []fullreduction.Example
	add := func(name string, prices ...int64) {
		var lines []promo.Line
		for i, p := range prices {
			if p > 0 {
				lines = append(lines, c.madeUp(x, i, p))
			}
		}
		if len(lines) > 0 {
			out = append(out, fullreduction.Example{Case: name, Lines: lines})
		}
	}
	for _, t := range x.Tiers {
		over := t.Over.Amount
		if over == 0 {
			add("reached", 10_000)
			continue
		}
		add("below", over-1)
		add("reached", over)
		add("beyond", over/3*2, 2*over-over/3*2)
	}
	return out
}

// madeUp is a line that is in the campaign's scope.
func (c *Core) madeUp(x campaign, i int, amount int64) promo.Line {
	l := promo.Line{SKU: id.SKU(fmt.Sprint("example", i+1)), Merchant: x.Merchant, N: 1, Price: c.money(amount)}
	if l.Merchant == "" {
		l.Merchant = "example"
	}
	switch g := x.Goods; {
	case len(g.Products) > 0:
		l.Product = g.Products[0]
	case len(g.Categories) > 0:
		l.Category = g.Categories[0]
	case len(g.Brands) > 0:
		l.Brand = g.Brands[0]
	}
	return l
}

// basket is what the catalogue asks for SKUs now.
func (c *Core) basket(ctx context.Context, in []fullreduction.Basket) ([]promo.Line, error) {
	skus := make([]id.SKU, len(in))
	for i, b := range in {
		skus[i] = b.SKU
	}
	priced, err := c.Shops.Price(actor.AsSystem(ctx, "fullreduction"), catalog.PriceSKUs{SKUs: skus})
	if err != nil {
		return nil, err
	}
	if len(priced.Items) != len(in) {
		return nil, errors.New("fullreduction: the catalogue left something out")
	}
	lines := make([]promo.Line, len(in))
	for i, p := range priced.Items {
		lines[i] = promo.Line{
			SKU: p.SKU, Product: p.Product, Merchant: p.Merchant, Category: p.Category, Brand: p.Brand,
			N: in[i].N, Price: p.Price, TaxClass: p.TaxClass,
		}
	}
	return lines, nil
}

// exampleFee is what sending costs in an example, so that free carriage shows.
const exampleFee = 1_000

// worked prices lines on the campaign's first day, with everything else that runs
// then, for a member of its level.
func (c *Core) worked(ctx context.Context, x campaign, lines []promo.Line) (promo.Priced, error) {
	ask := promo.PriceAsk{At: x.Starts, Lines: lines}
	if now := c.Now(); within(x.Terms, now) {
		ask.At = now
	}
	for _, l := range lines {
		if !slices.ContainsFunc(ask.Carries, func(k promo.Carry) bool { return k.Merchant == l.Merchant }) {
			ask.Carries = append(ask.Carries, promo.Carry{Merchant: l.Merchant, Fee: c.money(exampleFee)})
		}
	}
	others, err := c.Rules(ctx, ask)
	if err != nil {
		return promo.Priced{}, err
	}
	rules := slices.DeleteFunc(others, func(r promo.Rule) bool { return r.ID == x.ID })
	return price.Quote(ask, append(rules, rulesFor(x, lines, max(x.Level, 1))...), nil)
}
