package ledgercore

import (
	"context"
	"errors"
	"fmt"

	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
)

// item is a line of a statement, derived from an order's document at Rev.
type item struct {
	ID          string         `bson:"_id"`
	Payee       ledger.Account `bson:"payee"`
	Rev         int64          `bson:"rev"`
	ledger.Item `bson:",inline"`
}

// show derives what the payees of an order see of its lines. What nobody has
// seen yet is stored at once.
func (c *Core) show(ctx context.Context, o order) error {
	var keys []string
	var items []item
	add := func(i int, payee ledger.Account, it ledger.Item) {
		key := fmt.Sprintf("%s.%d.%s", o.ID, i, payee)
		keys, items = append(keys, key), append(items, item{ID: key, Payee: payee, Rev: o.Rev, Item: it})
	}
	for i, l := range o.Lines {
		add(i, ledger.Of(ledger.MerchantPayable, string(l.Merchant)), o.shopItem(i))
		if l.Creator != "" {
			add(i, ledger.Of(ledger.CreatorPayable, string(l.Creator)), o.creatorItem(i))
		}
	}
	if o.Rev == 1 {
		if err := c.items.InsertMany(ctx, keys, items); !errors.Is(err, docdb.ErrExists) {
			return err
		}
	}
	for i, it := range items {
		if err := c.showOne(ctx, keys[i], it); err != nil {
			return err
		}
	}
	return nil
}

func (c *Core) showOne(ctx context.Context, key string, it item) error {
	_, err := c.items.Upsert(ctx, key, func(x *item) error {
		if x.Rev >= it.Rev {
			return errSame
		}
		*x = it
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

func (o *order) item(i int) (it ledger.Item, of func(int64) money.Money) {
	l := o.Lines[i]
	of = func(n int64) money.Money { return money.Money{Amount: n, Currency: o.Currency} }
	it = ledger.Item{
		Order: o.ID, Line: i, Product: l.Product, Title: l.Title, N: l.N,
		Amount: of(l.Whole.Amount), Saved: of(l.Whole.Saved),
		Borne: of(0), Shipping: of(0), Fee: of(0),
		Commission: of(l.Whole.Commission), Rate: rate(l.Whole.Commission, l.Whole.Amount-l.Whole.Saved),
		Returned: l.Returned, Refunded: of(l.Back.Due),
		State: ledger.Holding, PaidAt: o.PaidAt, EarnsAt: l.EarnsAt, EarnedAt: l.EarnedAt,
	}
	switch {
	case l.Back == l.Whole:
		it.State = ledger.Reversed
	case !l.EarnedAt.IsZero():
		it.State = ledger.Earned
	}
	return it, of
}

// shopItem is what a line's shop sees of it.
func (o *order) shopItem(i int) ledger.Item {
	it, of := o.item(i)
	l := o.Lines[i]
	it.Borne, it.Shipping = of(l.Whole.Saved-l.Whole.Platform), of(l.Whole.Shipping)
	it.Fee, it.FeeRate = of(l.Whole.Fee), rate(l.Whole.Fee, l.Whole.Amount-l.Whole.Saved+l.Whole.Platform)
	it.Lost, it.Net = of(l.Back.proceeds()), of(l.Whole.proceeds()-l.Back.proceeds())
	return it
}

// creatorItem is what the creator who sold a line sees of it.
func (o *order) creatorItem(i int) ledger.Item {
	it, of := o.item(i)
	l := o.Lines[i]
	it.Lost, it.Net = of(l.Back.Commission), of(l.Whole.Commission-l.Back.Commission)
	return it
}

// rate is what n is of whole, to the nearest basis point.
func rate(n, whole int64) money.Rate {
	if whole <= 0 {
		return 0
	}
	return money.Rate((n*2*int64(money.Whole) + whole) / (2 * whole))
}
