package checkoutcore

import (
	"context"
	"errors"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
)

// returnedMoney is a refund that the provider has, for whoever compares our books
// with theirs. An order's refunds are in the order.
type returnedMoney struct {
	ID       string      `bson:"_id"`
	Payment  id.Payment  `bson:"payment"`
	Provider string      `bson:"provider"`
	Amount   money.Money `bson:"amount"`
	At       time.Time   `bson:"at"`
}

// carryOut tells the provider of a refund and puts its units back, and notes that
// this is done. All of it may be done again.
func (c *Core) carryOut(ctx context.Context, o id.Order, b back) error {
	var failed error
	done, restocked := b.Done, b.Restocked || !b.Restock
	if !done {
		failed = c.send(ctx, b.Refund)
		done = failed == nil
	}
	if !restocked {
		_, err := c.Catalog.RestockUnits(system(ctx), catalog.RestockUnits{Order: o, Units: unitsBack(b.Refund), RequestID: b.ID})
		restocked = err == nil
		failed = errors.Join(failed, err)
	}
	_, err := c.orders.Update(ctx, string(o), func(o *order) error {
		x := o.back(b.ID)
		x.Done, x.Restocked = x.Done || done, x.Restocked || restocked
		x.Tries++
		o.afterRefunds(c.Now())
		return nil
	})
	return errors.Join(failed, err)
}

// afterRefunds sets when to try again what is not done, and closes an order of
// which all went back.
func (o *order) afterRefunds(now time.Time) {
	o.BackDue = time.Time{}
	sent := true
	for _, b := range o.Refunds {
		sent = sent && b.Done
		if b.open() {
			due := now.Add(min(retryAfter<<min(b.Tries, 10), time.Hour))
			if o.BackDue.IsZero() || due.Before(o.BackDue) {
				o.BackDue = due
			}
		}
	}
	if sent && o.State == checkout.Refunding && !o.PaidAt.IsZero() {
		o.State = checkout.Refunded
	}
}

// send has the provider send a refund's money, and notes that it has.
func (c *Core) send(ctx context.Context, r checkout.Refund) error {
	if r.Amount.IsZero() {
		return nil // it was points only
	}
	provider, err := c.provider(r.Provider)
	if err != nil {
		return err
	}
	p, err := c.payments.Get(ctx, string(r.Payment))
	if err != nil {
		return err
	}
	if p.decided().Gone { // by the provider's own hand
		return c.noteReturned(ctx, returnedMoney{ID: r.ID, Payment: r.Payment, Provider: r.Provider, Amount: r.Amount, At: c.Now()})
	}
	name := r.ID
	if fault.On(fault.RefundTwice) {
		name = id.New("rfd", c.Now())
		_ = provider.RefundPart(ctx, pay.PartBack{Refund: r.ID, Payment: r.Payment, Amount: r.Amount})
	}
	if err := provider.RefundPart(ctx, pay.PartBack{Refund: name, Payment: r.Payment, Amount: r.Amount}); err != nil {
		return err
	}
	return c.noteReturned(ctx, returnedMoney{ID: r.ID, Payment: r.Payment, Provider: r.Provider, Amount: r.Amount, At: c.Now()})
}

func (c *Core) noteReturned(ctx context.Context, r returnedMoney) error {
	err := c.returned.Insert(ctx, r.ID, r)
	if errors.Is(err, docdb.ErrExists) {
		return nil
	}
	return err
}

// unitsBack is what of a refund goes back on the shelf.
func unitsBack(r checkout.Refund) []catalog.Units {
	var out []catalog.Units
	for _, l := range r.Lines {
		if l.N > 0 {
			out = append(out, catalog.Units{SKU: l.SKU, N: l.N})
		}
	}
	return out
}

// carryOutDue finishes refunds that the provider, or the shelf, did not take.
func (c *Core) carryOutDue(ctx context.Context) error {
	due, err := c.orders.Find(ctx, docdb.Query{Index: "back_due", Before: c.Now(), Limit: 200})
	if err != nil {
		return err
	}
	for _, o := range due.Items {
		for _, b := range o.Refunds {
			if !b.open() {
				continue
			}
			if err := c.carryOut(ctx, o.ID, b); err != nil {
				c.Log.WarnContext(ctx, "refund waits", "refund", b.ID, "order", o.ID, "tries", b.Tries, "err", err)
			}
		}
	}
	return nil
}
