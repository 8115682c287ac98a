package checkoutcore

import (
	"context"
	"errors"
	"fmt"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
)

// Quote prices what a shopper chose, from the catalogue's prices of now and the
// offers that apply, and freezes the answer.
func (c *Core) Quote(ctx context.Context, in checkout.Ask) (checkout.Quote, error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return checkout.Quote{}, err
	}
	region, err := c.region(ctx, buyer, in.Address)
	if err != nil {
		return checkout.Quote{}, err
	}
	proved, err := c.proved(ctx, in.Lines)
	if err == nil {
		err = c.disown(ctx, buyer, proved)
	}
	if err != nil {
		return checkout.Quote{}, err
	}
	items, err := c.items(ctx, region, in.Lines, proved)
	if err != nil {
		return checkout.Quote{}, err
	}
	now := c.Now()
	q := quote{Buyer: buyer, Region: region, Quote: checkout.Quote{ID: id.New("quo", now), ExpiresAt: now.Add(checkout.QuoteTTL)}}
	for i, p := range items {
		line, err := line(buyer, in.Lines[i], p, proved[i])
		if err != nil {
			return checkout.Quote{}, err
		}
		q.Lines = append(q.Lines, line)
	}
	carriages, err := c.carriages(ctx, region, q.Lines)
	if err != nil {
		return checkout.Quote{}, err
	}
	priced, err := c.Promo.Price(system(ctx), priceAsk(q, in, items, carriages))
	if err != nil {
		return checkout.Quote{}, err
	}
	if err := c.freeze(&q, priced); err != nil {
		return checkout.Quote{}, err
	}
	q.Parts = parts(q.Lines, carriages)
	q.Plans = plans(q.Total, c.Plans)
	return q.Quote, c.quotes.Insert(ctx, q.ID, q)
}

// items returns what is chosen as it is sold now: each SKU once, of one currency.
// A link opens what is sold by its creator only, if it is for that product.
func (c *Core) items(ctx context.Context, region string, lines []checkout.Choice, proved []creator.Attribution) ([]catalog.PricedSKU, error) {
	ask := catalog.PriceSKUs{Region: region, SKUs: make([]id.SKU, len(lines)), Via: make([]catalog.Via, len(lines))}
	seen := map[id.SKU]bool{}
	for i, l := range lines {
		if ask.SKUs[i] = l.SKU; seen[l.SKU] {
			return nil, checkout.ErrDoubleSKU
		}
		if seen[l.SKU] = true; l.N < 1 {
			return nil, errs.ErrInvalid.With("lines", "each needs at least one unit")
		}
		ask.Via[i].Creator = proved[i].Creator
	}
	priced, err := c.Catalog.Price(system(ctx), ask)
	if err != nil {
		return nil, err
	}
	astray := false
	for i, p := range priced.Items {
		if proved[i].Product != p.Product && ask.Via[i].Creator != "" {
			astray, ask.Via[i].Creator = true, ""
		}
	}
	if astray { // somebody's link for another product opens nothing
		if priced, err = c.Catalog.Price(system(ctx), ask); err != nil {
			return nil, err
		}
	}
	var goods money.Money
	for i, p := range priced.Items {
		amount, err := p.Price.Times(lines[i].N)
		if err == nil {
			goods, err = goods.Add(amount)
		}
		if errors.Is(err, money.ErrCurrency) {
			return nil, checkout.ErrCurrencies
		}
		if err != nil {
			return nil, errs.ErrInvalid.With("lines", "come to more than we can count").Because(err)
		}
	}
	return priced.Items, nil
}

// region is where an address lies; "" for somebody who has none yet.
func (c *Core) region(ctx context.Context, buyer id.User, address id.Address) (string, error) {
	a, err := c.Account.AddressFor(system(ctx), account.AddressFor{User: buyer, Address: address})
	if address == "" && errors.Is(err, account.ErrNoAddress) {
		return "", nil
	}
	return a.Masked.Region, err
}

// carriages asks what sending the lines costs, by shop.
func (c *Core) carriages(ctx context.Context, region string, lines []checkout.Line) ([]catalog.Carriage, error) {
	ask := catalog.AskCarriage{Region: region, Lines: make([]catalog.CarriedLine, len(lines))}
	for i, l := range lines {
		ask.Lines[i] = catalog.CarriedLine{SKU: l.SKU, N: l.N, Amount: l.Amount}
	}
	out, err := c.Catalog.Carriage(system(ctx), ask)
	return out.Items, err
}

func priceAsk(q quote, in checkout.Ask, items []catalog.PricedSKU, carriages []catalog.Carriage) promo.PriceAsk {
	ask := promo.PriceAsk{
		Buyer: q.Buyer, At: q.ExpiresAt.Add(-checkout.QuoteTTL), Region: q.Region,
		Coupons: in.Coupons, Best: len(in.Coupons) == 0 && !in.Plain, Points: in.Points,
		Lines: make([]promo.Line, len(q.Lines)), Carries: make([]promo.Carry, len(carriages)),
	}
	if in.Plain {
		ask.Coupons = nil
	}
	for i, l := range q.Lines {
		ask.Lines[i] = promo.Line{
			SKU: l.SKU, Product: l.Product, Merchant: l.Merchant, Category: items[i].Category, Brand: items[i].Brand,
			N: l.N, Price: l.List, TaxClass: items[i].TaxClass, Deal: l.Deal, Creator: earner(l),
		}
	}
	for i, x := range carriages {
		ask.Carries[i] = promo.Carry{Merchant: x.Merchant, Fee: x.Fee}
	}
	return ask
}

// freeze writes the prices into the lines of q, and what is owed of each.
func (c *Core) freeze(q *quote, p promo.Priced) error {
	if err := addsUp(q.Lines, p); err != nil {
		return fmt.Errorf("checkout: pricing does not add up: %w", err)
	}
	for i := range q.Lines {
		l, x := &q.Lines[i], p.Lines[i]
		l.Price, l.Amount, l.Saved, l.Platform = x.Price, x.Amount, x.Saved, x.Platform
		l.Shipping, l.Tax, l.Due = x.Shipping, x.Tax, x.Due
		l.ByPoints = byPoints(p.Savings, i, x)
		if err := owed(l, c.Fee); err != nil {
			return err
		}
	}
	q.Sum = checkout.Sum{
		Goods: p.Goods, Savings: p.Savings, Saved: p.Saved, Shipping: p.Shipping, Tax: p.Tax, Total: p.Total,
		Points: p.Points, Earns: p.Earns,
	}
	// On the wire a list is never null.
	q.Savings, q.Refusals, q.Uses = append([]promo.Saving{}, p.Savings...), append([]promo.Refusal{}, p.Refusals...), p.Uses
	return nil
}

// owed sets a line's fee and commission, both of what is paid for the goods. The
// platform takes its fee of what it pays itself, too.
func owed(l *checkout.Line, fee money.Rate) (err error) {
	paid := money.Money{Amount: l.Amount.Amount - l.Saved.Amount, Currency: l.Amount.Currency}
	base := paid
	if fault.On(fault.WholePrice) {
		base = l.Amount
	}
	if l.Commission, err = base.Part(l.Rate); err != nil {
		return err
	}
	paid.Amount += l.Platform.Amount
	if l.Fee, err = paid.Part(fee); err != nil {
		return err
	}
	// A merchant never pays for selling: where both come to more than the price,
	// the fee gives way.
	l.Fee.Amount = min(l.Fee.Amount, paid.Amount-l.Commission.Amount)
	return nil
}

// byPoints is what of a line was paid with points.
func byPoints(savings []promo.Saving, line int, x promo.PricedLine) money.Money {
	out := money.Money{Currency: x.Amount.Currency}
	for _, s := range savings {
		if s.Kind == promo.Points && line < len(s.Shares) {
			out.Amount += s.Shares[line]
		}
	}
	out.Amount = min(out.Amount, x.Platform.Amount)
	return out
}

// addsUp checks what every later step relies on: the parts of a price sum to it,
// and nothing is below zero.
func addsUp(lines []checkout.Line, p promo.Priced) error {
	if len(p.Lines) != len(lines) {
		return fmt.Errorf("%d lines priced of %d", len(p.Lines), len(lines))
	}
	var due, goods, shipping int64
	for i, x := range p.Lines {
		amount, err := x.Price.Times(lines[i].N)
		switch {
		case err != nil:
			return err
		case amount != x.Amount || x.Amount.Currency != lines[i].List.Currency:
			return fmt.Errorf("line %d: %v for %d of %v", i, x.Amount, lines[i].N, x.Price)
		case x.Saved.Amount < 0 || x.Saved.Amount > x.Amount.Amount || x.Platform.Amount < 0 || x.Platform.Amount > x.Saved.Amount+carried(p.Savings, i):
			return fmt.Errorf("line %d: %v saved of %v, %v of it by the platform", i, x.Saved, x.Amount, x.Platform)
		case x.Shipping.Amount < 0 || x.Tax.Amount < 0:
			return fmt.Errorf("line %d: shipping %v, tax %v", i, x.Shipping, x.Tax)
		case x.Due.Amount != x.Amount.Amount-x.Saved.Amount+x.Shipping.Amount+x.Tax.Amount:
			return fmt.Errorf("line %d: %v due", i, x.Due)
		}
		due, goods, shipping = due+x.Due.Amount, goods+x.Amount.Amount, shipping+x.Shipping.Amount
	}
	if due != p.Total.Amount || goods != p.Goods.Amount || shipping != p.Shipping.Amount {
		return fmt.Errorf("lines come to %d, goods %d, shipping %d; the whole says %v, %v, %v", due, goods, shipping, p.Total, p.Goods, p.Shipping)
	}
	return nil
}

// carried is what was saved of a line's carriage, which the platform may bear too.
func carried(savings []promo.Saving, line int) int64 {
	var n int64
	for _, s := range savings {
		if (s.Kind == promo.Carriage || s.Kind == promo.Coupon) && line < len(s.Shares) {
			n += s.Shares[line]
		}
	}
	return n
}

// parts says what each shop sends, in the order of their first lines.
func parts(lines []checkout.Line, carriages []catalog.Carriage) []checkout.Part {
	at := map[id.Merchant]int{}
	var out []checkout.Part
	for i, l := range lines {
		n, known := at[l.Merchant]
		if !known {
			n = len(out)
			at[l.Merchant] = n
			out = append(out, checkout.Part{Merchant: l.Merchant, Shipping: money.Money{Currency: l.Amount.Currency}})
		}
		out[n].Lines = append(out[n].Lines, i)
		out[n].Shipping.Amount += l.Shipping.Amount
	}
	for _, x := range carriages {
		if n, known := at[x.Merchant]; known {
			out[n].Shop, out[n].Earliest, out[n].Latest = x.Shop, x.Earliest, x.Latest
		}
	}
	return out
}
