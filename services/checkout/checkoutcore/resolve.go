package checkoutcore

import (
	"context"
	"errors"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// decision is what an operator made of a frozen payment.
type decision struct {
	Request string      `bson:"request"`
	Asked   string      `bson:"asked"`
	Verdict string      `bson:"verdict"`
	Reason  string      `bson:"reason"`
	By      id.User     `bson:"by"`
	At      time.Time   `bson:"at"`
	Amount  money.Money `bson:"amount"` // that the provider had got
	Gone    bool        `bson:"gone"`   // the provider has sent it back already
}

// decided is the decision in force, or none.
func (p payment) decided() decision {
	if len(p.Decided) == 0 {
		return decision{}
	}
	return p.Decided[len(p.Decided)-1]
}

// ResolvePayment asks the provider what it has, writes the decision down, and
// begins to carry it out; the job that finishes payments does the rest.
func (c *Core) ResolvePayment(ctx context.Context, in checkout.ResolvePayment) (checkout.DeskPayment, error) {
	a, err := actor.Require(ctx, actor.Operator)
	if err != nil {
		return checkout.DeskPayment{}, err
	}
	if in.RequestID == "" {
		return checkout.DeskPayment{}, rpc.ErrNoKey
	}
	p, err := c.payments.Get(ctx, string(in.ID))
	if errors.Is(err, docdb.ErrNotFound) {
		return checkout.DeskPayment{}, checkout.ErrNoSuchPayment.Because(err)
	}
	if err != nil {
		return checkout.DeskPayment{}, err
	}
	if p.Buyer == a.User {
		return checkout.DeskPayment{}, catalog.ErrOwnMoney
	}
	d := decision{Request: id.Derive("req", string(a.User), in.RequestID), Asked: fingerprint(in), Verdict: in.Verdict, Reason: in.Reason, By: a.User, At: c.Now()}
	if p.decided().Request != d.Request {
		if err := c.weigh(ctx, p, &d); err != nil {
			return checkout.DeskPayment{}, err
		}
	}
	p, err = c.payments.Update(ctx, string(p.ID), func(p *payment) error { return p.decide(d) })
	if err != nil && !errors.Is(err, errSame) {
		return checkout.DeskPayment{}, err
	}
	if p.State == checkout.Succeeded && !p.CheckAt.IsZero() {
		if err := c.fulfil(ctx, p); err != nil {
			c.Log.WarnContext(ctx, "a decided payment waits", "payment", p.ID, "err", err) // the job tries again
		}
	}
	found, err := c.look(ctx, checkout.DeskPayments{Find: string(p.ID)})
	if err != nil {
		return checkout.DeskPayment{}, err
	}
	o, err := c.orders.Get(ctx, string(p.Order))
	return looked(found.Items[0], o), err
}

// weigh asks what of the payment is at its provider, and whether the verdict can
// be had for it.
func (c *Core) weigh(ctx context.Context, p payment, d *decision) error {
	if p.State != checkout.Frozen {
		return checkout.ErrNotFrozen
	}
	provider, err := c.provider(p.Provider)
	if err != nil {
		return err
	}
	fact, err := provider.Query(ctx, p.ID)
	if err != nil {
		return err
	}
	o, err := c.orders.Get(ctx, string(p.Order))
	if err != nil {
		return err
	}
	d.Amount, d.Gone = fact.Amount, fact.Outcome == pay.Refunded
	covers := fact.Outcome == pay.Succeeded && fact.Amount.Currency == o.Total.Currency && fact.Amount.Amount >= o.Total.Amount
	if d.Verdict == checkout.Accept && !covers || fact.Outcome != pay.Succeeded && !d.Gone {
		return checkout.ErrNotCovered
	}
	return nil
}

// decide writes a decision into the payment, once. From here it is one that
// succeeded, and whose money buys or goes back.
func (p *payment) decide(d decision) error {
	switch last := p.decided(); {
	case last.Request == d.Request && last.Asked != d.Asked:
		return rpc.ErrReused
	case last.Request == d.Request:
		return errSame
	case p.State != checkout.Frozen:
		return checkout.ErrNotFrozen
	}
	p.State, p.CheckAt, p.Decided = checkout.Succeeded, d.At.Add(retryAfter), append(p.Decided, d)
	if p.TakenAt.IsZero() {
		p.TakenAt = d.At
	}
	return nil
}

// sendBack carries out that a payment's money goes back: that of an order which
// got its goods for it by the order's refund.
func (c *Core) sendBack(ctx context.Context, p payment, o order) error {
	if !o.servedBy(p.ID) {
		p.Amount = p.decided().Amount
		return c.refund(ctx, p)
	}
	err := c.giveBackWhole(ctx, o.ID, "desk "+string(p.ID), "payment_returned", !p.decided().Gone)
	if err != nil && !errors.Is(err, checkout.ErrTooMuch) { // all of it went back before
		return err
	}
	return c.settled(ctx, p.ID)
}

// unrefunded deals with the word that a refund which was sent did not arrive. One
// of an order is sent again; of money that bought nothing somebody decides.
func (c *Core) unrefunded(ctx context.Context, from string, f pay.Fact) error {
	p, err := c.payments.Get(ctx, string(f.Payment))
	if errors.Is(err, docdb.ErrNotFound) || err == nil && p.Provider != from {
		return checkout.ErrNoSuchPayment.Because(err)
	}
	if err != nil {
		return err
	}
	c.Log.ErrorContext(ctx, "a refund failed at the provider", "refund", f.Refund, "payment", p.ID, "order", p.Order)
	_, err = c.orders.Update(ctx, string(p.Order), func(o *order) error {
		b := o.back(f.Refund)
		if b == nil || !b.Done {
			return errSame
		}
		if b.Done = false; o.State == checkout.Refunded {
			o.State = checkout.Refunding
		}
		o.afterRefunds(c.Now())
		return nil
	})
	if err != nil && !errors.Is(err, errSame) || f.Refund != lateRefund(p.ID) {
		return keep(err)
	}
	_, err = c.payments.Update(ctx, string(p.ID), func(p *payment) error {
		if p.State != checkout.Returned && p.State != checkout.Succeeded {
			return errSame
		}
		p.State, p.CheckAt, p.Facts = checkout.Frozen, time.Time{}, append(p.Facts, f)
		return nil
	})
	return keep(err)
}

// keep is err, unless that says there was nothing to change.
func keep(err error) error {
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}
