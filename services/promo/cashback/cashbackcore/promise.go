package cashbackcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/promo/cashback"
	"meadow/services/promo/window"
)

// choose asks for the campaign that brings an order most; of two that bring the
// same, the one that ends first.
func (o *order) choose(on []campaign) error {
	for _, x := range on {
		paid, _ := o.Goods(func(l window.Line) bool { return counts(x.Merchants, l.Merchant) })
		if paid.Amount < max(x.Least.Amount, 1) || paid.Currency != x.Budget.Currency {
			continue
		}
		part, err := paid.Part(x.Rate)
		if err != nil {
			return fmt.Errorf("cashback of %s: %w", o.Order.Order, err)
		}
		if part.Amount = min(part.Amount, x.Most.Amount); part.Amount > o.Amount.Amount {
			o.Campaign, o.Name, o.Merchants, o.Amount, o.Stage = x.ID, x.Name, x.Merchants, part, cashback.Asking
		}
	}
	return nil
}

// promise takes what an order asks for from its campaign's budget.
func (c *Core) promise(ctx context.Context, o order) (order, error) {
	ok, err := c.occupy(ctx, o)
	if err != nil {
		return o, err
	}
	if !ok {
		return c.refuse(ctx, o)
	}
	try := id.New("try", c.Now())
	_, err = c.campaigns.UpdateIf(ctx, o.Campaign,
		[]docdb.Cond{{Field: "left", Op: docdb.Gte, Value: o.Amount.Amount}},
		[]docdb.Change{
			{Field: "left", Verb: docdb.Add, Value: -o.Amount.Amount},
			{Field: "tries." + try, Verb: docdb.Set, Value: mark{Order: o.Order.Order, Amount: o.Amount.Amount, At: c.Now()}},
			{Field: "due", Verb: docdb.Set, Value: c.Now().Add(grace)},
		})
	if errors.Is(err, docdb.ErrRefused) {
		return c.refuse(ctx, o)
	}
	if err != nil {
		return o, err
	}
	campaign, amount := o.Campaign, o.Amount.Amount
	o, err = c.decide(ctx, o.Order.Order, func(o *order) error {
		if o.Stage != cashback.Asking {
			return errSame
		}
		o.Stage, o.Try, o.Current = cashback.Pending, try, o.Amount.Amount
		o.post("promised", cost, o.held(), o.Amount, c.Now())
		return nil
	})
	if err != nil {
		return o, err
	}
	return o, c.clear(ctx, campaign, try, amount, o.Try == try)
}

// clear takes a try off the campaign: one that counts is done, any other gives
// its money back.
func (c *Core) clear(ctx context.Context, campaign, try string, amount int64, counts bool) error {
	changes := []docdb.Change{{Field: "tries." + try, Verb: docdb.Remove}}
	if !counts {
		changes = append(changes, docdb.Change{Field: "left", Verb: docdb.Add, Value: amount})
	}
	_, err := c.campaigns.UpdateIf(ctx, campaign, []docdb.Cond{{Field: "tries." + try, Op: docdb.Present}}, changes)
	if errors.Is(err, docdb.ErrRefused) { // somebody else did
		return nil
	}
	return err
}

// occupy takes one of the places that a campaign has for a person; an order that
// has one keeps it.
func (c *Core) occupy(ctx context.Context, o order) (bool, error) {
	x, err := c.campaigns.Get(ctx, o.Campaign)
	if err != nil {
		return false, err
	}
	for i := range x.PerPerson {
		name := id.Derive("cbp", x.ID, string(o.Buyer), fmt.Sprint(i))
		err := c.places.Insert(ctx, name, place{ID: name, Order: o.Order.Order})
		if errors.Is(err, docdb.ErrExists) {
			var p place
			if p, err = c.places.Get(ctx, name); err == nil && p.Order != o.Order.Order {
				continue
			}
		}
		return err == nil, err
	}
	return false, nil
}

func (c *Core) refuse(ctx context.Context, o order) (order, error) {
	return c.decide(ctx, o.Order.Order, func(o *order) error {
		if o.Stage != cashback.Asking {
			return errSame
		}
		o.Stage, o.Current = cashback.Refused, 0
		return nil
	})
}

// clearLeft ends the tries that were left behind at a campaign.
func (c *Core) clearLeft(ctx context.Context, x campaign) error {
	for try, m := range x.Tries {
		if c.Now().Before(m.At.Add(grace)) {
			continue
		}
		o, err := c.orders.Get(ctx, string(m.Order))
		if err != nil {
			return err
		}
		if o.Stage == cashback.Asking {
			if o, err = c.promise(ctx, o); err != nil {
				return err
			}
		}
		if err := c.clear(ctx, x.ID, try, m.Amount, o.Try == try); err != nil {
			return err
		}
	}
	_, err := c.campaigns.Update(ctx, x.ID, func(x *campaign) error {
		if x.Due = (time.Time{}); len(x.Tries) > 0 {
			x.Due = c.Now().Add(grace)
		}
		return nil
	})
	return err
}

// Promised returns what campaigns' budgets have lost and what their orders know,
// by campaign, for the audit: they are the same when nothing is on its way.
func (c *Core) Promised(ctx context.Context) (lost, known map[string]money.Money, err error) {
	lost, known = map[string]money.Money{}, map[string]money.Money{}
	err = c.campaigns.Each(ctx, func(name string, x campaign) error {
		lost[name] = money.Money{Amount: x.Budget.Amount - x.Left, Currency: x.Budget.Currency}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return lost, known, c.orders.Each(ctx, func(_ string, o order) error {
		if o.Try == "" {
			return nil
		}
		sum, err := known[o.Campaign].Add(o.Amount)
		known[o.Campaign] = sum
		return err
	})
}
