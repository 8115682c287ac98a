package checkoutcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// Breach is an invariant that does not hold, and where.
type Breach struct {
	Rule  string `json:"rule"`
	Where string `json:"where"`
	Fact  string `json:"fact"`
}

// stale is how old what was begun may be before nobody is at it any more.
const stale = time.Minute

// Seen counts what an audit looked at.
type Seen struct{ Orders, Paid, Payments, Frozen int64 }

// Booked is what the ledger knows of an order: what was paid, and what of it went
// back, in minor units. Known is false where it has not heard of it.
type Booked struct {
	Known      bool
	Paid, Back int64
}

// Audit reads every order and every payment and tells say of what does not hold.
// booked asks the ledger; tick is called now and then. It is right of a snapshot;
// of a store that moves, a breach may be a step on its way.
func (c *Core) Audit(ctx context.Context, booked func(context.Context, id.Order) (Booked, error), say func(Breach), tick func()) (Seen, error) {
	a := auditor{Core: c, booked: booked, say: func(rule, where, fact string, args ...any) { say(Breach{rule, where, fmt.Sprintf(fact, args...)}) }}
	err := c.orders.Each(ctx, func(_ string, o order) error {
		tick()
		return a.order(ctx, o)
	})
	if err != nil {
		return a.seen, err
	}
	err = c.payments.Each(ctx, func(_ string, p payment) error {
		tick()
		return a.payment(ctx, p)
	})
	return a.seen, err
}

type auditor struct {
	*Core
	booked func(context.Context, id.Order) (Booked, error)
	say    func(rule, where, fact string, args ...any)
	seen   Seen
}

// old reports whether an instant is so long ago that what followed is done.
func (a *auditor) old(t time.Time) bool { return !t.IsZero() && a.Now().Sub(t) > stale }

func (a *auditor) order(ctx context.Context, o order) error {
	a.seen.Orders++
	at := string(o.ID)
	if o.State == checkout.Unpaid && a.old(o.Due) {
		a.say("an unpaid order expires", at, "due %v", o.Due)
	}
	var due int64
	for i, l := range o.Lines {
		due += l.Due.Amount
		if l.Back.Amount > l.Due.Amount || l.Returned > l.N {
			a.say("no more of a line goes back than was paid", at, "line %d: %d of %d, %d of %d units", i, l.Back.Amount, l.Due.Amount, l.Returned, l.N)
		}
	}
	if due != o.Total.Amount {
		a.say("what is due for the lines is the total", at, "%d of %d", due, o.Total.Amount)
	}
	a.refunds(o)
	if o.PaidAt.IsZero() {
		return nil
	}
	a.seen.Paid++
	p, err := a.payments.Get(ctx, string(o.Payment))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		a.say("a paid order has a payment", at, "%q is not there", o.Payment)
	case err != nil:
		return err
	case p.TakenAt.IsZero() || p.Order != o.ID:
		a.say("a paid order has a payment", at, "payment %s of order %s is %s", p.ID, p.Order, p.State)
	}
	if !a.old(o.PaidAt) || len(o.Outbox) > 0 {
		return nil // on its way to the books
	}
	b, err := a.booked(ctx, o.ID)
	if err != nil {
		return err
	}
	if !b.Known || b.Paid != o.Total.Amount || b.Back != o.Back.Amount {
		a.say("a paid order is in the books", at, "paid %d, back %d; the books have %+v", o.Total.Amount, o.Back.Amount, b)
	}
	return nil
}

func (a *auditor) refunds(o order) {
	var back int64
	for _, b := range o.Refunds {
		back += b.Amount.Amount
		if b.open() && o.BackDue.IsZero() {
			a.say("a refund is carried out", string(o.ID), "%s is open and nobody is at it", b.ID)
		}
	}
	if back != o.Back.Amount || back > o.Total.Amount {
		a.say("refunds are at most what was captured", string(o.ID), "refunds of %d, %d noted, of %d", back, o.Back.Amount, o.Total.Amount)
	}
}

// payment checks that money which came has bought an order or gone back, and not
// both.
func (a *auditor) payment(ctx context.Context, p payment) error {
	a.seen.Payments++
	if p.State == checkout.Frozen {
		if n := len(p.Facts); n > 0 && a.Now().Sub(p.Facts[n-1].At) > day && a.Now().Sub(p.BegunAt) > day {
			a.say("a frozen payment is decided about within a day", string(p.ID), "frozen since %v", p.Facts[n-1].At)
		}
		a.seen.Frozen++ // somebody has to decide
	}
	if p.TakenAt.IsZero() {
		return nil
	}
	o, err := a.orders.Get(ctx, string(p.Order))
	if errors.Is(err, docdb.ErrNotFound) {
		a.say("a captured payment has an order", string(p.ID), "%s is not there", p.Order)
		return nil
	}
	if err != nil {
		return err
	}
	sent, err := a.returned.GetMany(ctx, []string{lateRefund(p.ID)})
	if err != nil {
		return err
	}
	serves := o.servedBy(p.ID)
	switch {
	case serves && (len(sent) > 0 || p.State == checkout.Returned):
		a.say("a captured payment has one order or one refund", string(p.ID), "it bought %s and went back", o.ID)
	case serves && p.State == checkout.Succeeded && p.Amount != o.Total:
		a.say("an order costs what was captured", string(p.ID), "%v for %v", p.Amount, o.Total)
	case !serves && p.State == checkout.Succeeded && len(sent) == 0 && a.old(p.TakenAt) && (p.CheckAt.IsZero() || a.old(p.CheckAt)):
		a.say("a captured payment has one order or one refund", string(p.ID), "taken %v, and %s is %s", p.TakenAt, o.ID, o.State)
	}
	return nil
}

// Ended says since when an order needs nothing held any more: since it was paid,
// or closed; and whether all of its money went back, or is on its way. Of one that
// nobody has written down both are zero.
func (c *Core) Ended(ctx context.Context, o id.Order) (since time.Time, back bool, err error) {
	r, err := c.orders.Get(ctx, string(o))
	if errors.Is(err, docdb.ErrNotFound) {
		return since, false, nil
	}
	since = r.PaidAt
	if since.IsZero() {
		since = r.ClosedAt
	}
	return since, r.State == checkout.Refunding || r.State == checkout.Refunded, err
}
