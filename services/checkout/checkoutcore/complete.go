package checkoutcore

import (
	"context"
	"errors"
	"slices"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
)

// complete is the one path by which a provider's word changes anything. A
// webhook, a shopper who came back, and the job that asks after silent payments
// all end here, in any order and any number of times.
func (c *Core) complete(ctx context.Context, from string, f pay.Fact) error {
	if f.Outcome == pay.Refunded {
		if frozen, err := c.refundedElsewhere(ctx, f); frozen || err != nil {
			return err
		}
	}
	if f.Outcome == pay.Unrefunded {
		return c.unrefunded(ctx, from, f)
	}
	p, err := c.fold(ctx, from, f)
	if errors.Is(err, docdb.ErrNotFound) {
		return checkout.ErrNoSuchPayment.Because(err)
	}
	if err != nil {
		return err
	}
	switch p.State {
	case checkout.Succeeded:
		return c.fulfil(ctx, p)
	case checkout.Returned:
		return c.closeRefund(ctx, p)
	case checkout.Frozen:
		c.Log.ErrorContext(ctx, "payment frozen", "payment", p.ID, "order", p.Order, "wanted", p.Amount, "got", f.Amount)
	}
	return nil
}

// refundedElsewhere deals with the word that money of an order which was served
// went back: it is our own refund of the whole, or it was done by the provider's
// own hand, and then the payment is frozen for somebody to decide. It reports
// whether that is so, and nothing else is to be done.
func (c *Core) refundedElsewhere(ctx context.Context, f pay.Fact) (bool, error) {
	p, err := c.payments.Get(ctx, string(f.Payment))
	if errors.Is(err, docdb.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	o, err := c.orders.Get(ctx, string(p.Order))
	if err != nil || !o.servedBy(p.ID) {
		return false, err
	}
	if o.Back.Amount == o.Total.Amount {
		return true, nil
	}
	_, err = c.payments.Update(ctx, string(p.ID), func(p *payment) error {
		if p.State == checkout.Frozen {
			return errSame
		}
		p.State, p.CheckAt = checkout.Frozen, time.Time{}
		p.Facts = append(p.Facts, f)
		return nil
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	c.Log.ErrorContext(ctx, "a paid order's money went back at the provider", "payment", p.ID, "order", p.Order)
	return true, err
}

// servedBy reports whether the order got its goods for this payment, whatever
// went back since.
func (o order) servedBy(p id.Payment) bool { return o.Payment == p && !o.PaidAt.IsZero() }

// next is every move a payment's state may make.
var next = map[checkout.PaymentState]map[pay.Outcome]checkout.PaymentState{
	checkout.Pending:   {pay.Succeeded: checkout.Succeeded, pay.Failed: checkout.Failed, pay.Refunded: checkout.Returned},
	checkout.Failed:    {pay.Succeeded: checkout.Succeeded, pay.Refunded: checkout.Returned}, // some providers let a shopper try again
	checkout.Succeeded: {pay.Refunded: checkout.Returned},
}

// fold adds a fact to the payment it is about, if it changes anything.
func (c *Core) fold(ctx context.Context, from string, f pay.Fact) (payment, error) {
	p, err := c.payments.Update(ctx, string(f.Payment), func(p *payment) error {
		if p.Provider != from {
			return docdb.ErrNotFound // this provider has no such payment
		}
		to, moves := next[p.State][f.Outcome]
		if !moves {
			return errSame
		}
		if d := p.decided(); d.Verdict == checkout.RefundAll && f.Outcome == pay.Refunded {
			p.Amount = d.Amount // what went back is what came, not what was wanted
		}
		if f.Amount != p.Amount && !fault.On(fault.AmountUnchecked) {
			to = checkout.Frozen
		}
		p.State, p.CheckAt = to, time.Time{}
		p.Facts = append(p.Facts, f)
		if f.Outcome != pay.Failed && p.TakenAt.IsZero() {
			p.TakenAt = taken(f, c.Now())
		}
		switch to {
		case checkout.Succeeded, checkout.Returned:
			p.CheckAt = c.Now().Add(retryAfter) // until the order knows
		case checkout.Failed:
			p.CheckAt = c.Now().Add(firstCheck) // a shopper may try again on the same page
		}
		if to == checkout.Returned {
			p.Add(c.Now(), checkout.PaymentReturned.Event(c.Now(), string(p.ID), p.Payment))
		}
		return nil
	})
	if errors.Is(err, errSame) {
		return p, nil
	}
	if err == nil && p.State == checkout.Returned {
		c.paymentRelay.Kick(string(p.ID))
	}
	return p, err
}

// taken is when a provider got its money, as it says itself.
func taken(f pay.Fact, now time.Time) time.Time {
	if f.At.IsZero() || f.At.After(now) {
		return now
	}
	return f.At
}

var errSame = errors.New("checkout: nothing to change")

// retryAfter is when a payment is looked at again that could not be finished.
const retryAfter = 10 * time.Second

// fulfil gives a succeeded payment to its order. Units are committed before the
// order says so: an order that is paid has its goods.
func (c *Core) fulfil(ctx context.Context, p payment) error {
	o, err := c.orders.Get(ctx, string(p.Order))
	if err != nil {
		return err
	}
	if p.decided().Verdict == checkout.RefundAll {
		return c.sendBack(ctx, p, o)
	}
	if o.servedBy(p.ID) {
		return c.settled(ctx, p.ID)
	}
	if slices.Contains(canBePaid, o.State) {
		err := c.secure(ctx, o)
		switch {
		case err == nil:
			o, err = c.markPaid(ctx, p)
			if err != nil {
				return err
			}
			if o.servedBy(p.ID) {
				return c.settled(ctx, p.ID)
			}
		case !errors.Is(err, catalog.ErrSoldOut) && !errors.Is(err, promo.ErrUsedUp):
			return err
		}
	}
	if fault.On(fault.LateIgnored) {
		return c.settled(ctx, p.ID)
	}
	return c.refund(ctx, p)
}

// secure makes final what the order holds of units and of limited offers, or
// takes anew what has lapsed: catalog.ErrSoldOut, promo.ErrUsedUp.
func (c *Core) secure(ctx context.Context, o order) error {
	_, err := c.Catalog.Commit(system(ctx), catalog.Reserve{Order: o.ID, Units: unitsOf(o), Until: c.Now().Add(checkout.HoldGrace), Region: o.Address.Masked.Region})
	if err != nil || len(o.Uses) == 0 {
		return err
	}
	_, err = c.Promo.Redeem(system(ctx), promo.ByOrder{Order: o.ID})
	return err
}

// unsecure gives back what an order got that nobody serves.
func (c *Core) unsecure(ctx context.Context, o order) error {
	if _, err := c.Catalog.Restock(system(ctx), catalog.ByOrder{Order: o.ID}); err != nil || len(o.Uses) == 0 {
		return err
	}
	_, err := c.Promo.Return(system(ctx), promo.Return{Order: o.ID, Whole: true, Points: o.Points, RequestID: id.Derive("rfd", string(o.ID), "unserved")})
	_, e := c.Promo.Release(system(ctx), promo.ByOrder{Order: o.ID})
	return errors.Join(err, e)
}

// canBePaid are the states in which money still buys the order. One that
// expired is served if its units can be had again.
var canBePaid = []checkout.State{checkout.Unpaid, checkout.Expired}

// markPaid moves the order to paid and announces it, in one write. If the order
// went another way meanwhile, it is returned as it is.
func (c *Core) markPaid(ctx context.Context, p payment) (order, error) {
	o, err := c.orders.Update(ctx, string(p.Order), func(o *order) error {
		if !slices.Contains(canBePaid, o.State) {
			return errSame
		}
		o.State, o.PaidAt, o.Payment, o.Due = checkout.Paid, c.Now(), p.ID, time.Time{}
		if fault.On(fault.NoOutbox) {
			return nil
		}
		o.Add(c.Now(), checkout.OrderPaid.Event(c.Now(), string(o.ID), noted(*o, p.Provider)))
		return nil
	})
	if errors.Is(err, errSame) {
		return o, nil
	}
	if err == nil {
		c.orderRelay.Kick(string(p.Order))
	}
	return o, err
}

// settled notes that nothing more is to be done for a payment.
func (c *Core) settled(ctx context.Context, p id.Payment) error {
	_, err := c.payments.UpdateIf(ctx, string(p), []docdb.Cond{{Field: "check_at", Op: docdb.Present}}, []docdb.Change{{Field: "check_at", Verb: docdb.Remove}})
	if errors.Is(err, docdb.ErrRefused) {
		return nil
	}
	return err
}

// refund sends back money that buys nothing: the order is closed, sold out, or
// paid by another payment. An order that nobody paid gives its units back.
func (c *Core) refund(ctx context.Context, p payment) error {
	o, err := c.orders.Update(ctx, string(p.Order), func(o *order) error {
		if o.State == checkout.Paid || o.State == checkout.Refunding || o.State == checkout.Refunded {
			return errSame
		}
		o.State, o.Payment, o.Due = checkout.Refunding, p.ID, time.Time{}
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return err
	}
	if o.servedBy(p.ID) {
		return c.settled(ctx, p.ID) // another try found units meanwhile
	}
	if o.PaidAt.IsZero() {
		if err := c.unsecure(ctx, o); err != nil {
			return err
		}
	}
	provider, err := c.provider(p.Provider)
	if err != nil {
		return err
	}
	if p.Amount.IsZero() { // no provider has it
		return c.complete(ctx, p.Provider, pay.Fact{Payment: p.ID, Outcome: pay.Refunded, Amount: p.Amount, At: c.Now()})
	}
	c.Log.WarnContext(ctx, "payment goes back", "payment", p.ID, "order", p.Order, "state", o.State)
	if !p.decided().Gone {
		if err := provider.RefundPart(ctx, pay.PartBack{Refund: lateRefund(p.ID), Payment: p.ID, Amount: p.Amount}); err != nil {
			return err
		}
	}
	if err := c.noteReturned(ctx, returnedMoney{ID: lateRefund(p.ID), Payment: p.ID, Provider: p.Provider, Amount: p.Amount, At: c.Now()}); err != nil {
		return err
	}
	fact, err := provider.Query(ctx, p.ID)
	if err != nil || fact.Outcome != pay.Refunded {
		return err // the provider takes its time; the job asks again
	}
	return c.complete(ctx, p.Provider, fact)
}

// lateRefund is the id of the refund of money that bought nothing.
func lateRefund(p id.Payment) string { return id.Derive("rfd", string(p)) }

// closeRefund moves an order whose money went back to its last state.
func (c *Core) closeRefund(ctx context.Context, p payment) error {
	_, err := c.orders.Update(ctx, string(p.Order), func(o *order) error {
		if o.State != checkout.Refunding || o.Payment != p.ID || !o.PaidAt.IsZero() {
			return errSame
		}
		o.State, o.ClosedAt = checkout.Refunded, c.Now()
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return err
	}
	return c.settled(ctx, p.ID)
}
