package cashbackcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/promo/cashback"
	"meadow/services/promo/window"
)

// Consumer is the name of cashback on the bus.
const Consumer = "cashback"

// Run subscribes to what happens to orders; deliveries end with the bus.
func (c *Core) Run(ctx context.Context) error {
	return errors.Join(
		bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, e checkout.OrderData) error { return c.Paid(ctx, e) }),
		bus.On(ctx, c.Bus, Consumer, fulfil.ParcelReceived, func(ctx context.Context, _ bus.Event, e fulfil.ParcelData) error { return c.Received(ctx, e) }),
		bus.On(ctx, c.Bus, Consumer, checkout.OrderRefunded, func(ctx context.Context, _ bus.Event, e checkout.Refund) error { return c.Refunded(ctx, e) }),
	)
}

// Paid takes in a paid order, and asks for what the campaigns of that moment
// bring it.
func (c *Core) Paid(ctx context.Context, e checkout.OrderData) error {
	on, err := c.on(ctx, e.PaidAt)
	if err != nil {
		return err
	}
	return c.follow(ctx, e.Order, func(o *order) (bool, error) {
		if !o.Paid(e) {
			return false, nil
		}
		if err := o.choose(on); err != nil {
			return false, err
		}
		if o.Stage == cashback.Asking {
			o.GrantedAt = c.Now()
		}
		return true, nil
	})
}

// Received takes in that a parcel is with its buyer.
func (c *Core) Received(ctx context.Context, e fulfil.ParcelData) error {
	return c.follow(ctx, e.Order, func(o *order) (bool, error) { return o.Received(e), nil })
}

// Refunded takes in that money went back.
func (c *Core) Refunded(ctx context.Context, e checkout.Refund) error {
	return c.follow(ctx, e.Order, func(o *order) (bool, error) { return o.Refunded(e), nil })
}

// follow lets a fact change an order's document and what is decided by it, in
// one write, and does what follows.
func (c *Core) follow(ctx context.Context, name id.Order, fact func(*order) (bool, error)) error {
	o, err := c.orders.Upsert(ctx, string(name), func(o *order) error {
		news, err := fact(o)
		if err != nil {
			return err
		}
		if !news {
			return errSame
		}
		return o.settle(c.Now())
	})
	if err != nil && !errors.Is(err, errSame) {
		return err
	}
	return c.advance(ctx, o)
}

// decide lets f change an order that is known.
func (c *Core) decide(ctx context.Context, name id.Order, f func(*order) error) (order, error) {
	o, err := c.orders.Update(ctx, string(name), func(o *order) error {
		if err := f(o); err != nil {
			return err
		}
		return o.settle(c.Now())
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	return o, err
}

const cost = ledger.Account(cashback.Cost + ":platform")

func (o *order) held() ledger.Account   { return ledger.Of(cashback.Held, string(o.Buyer)) }
func (o *order) wallet() ledger.Account { return ledger.Of(cashback.Wallet, string(o.Buyer)) }

// post adds an entry that takes an amount from one account to another. What is
// the step, which an order takes once for each state of its refunds.
func (o *order) post(what string, from, to ledger.Account, m money.Money, now time.Time) {
	o.Entries = append(o.Entries, ledger.Entry{
		ID:   id.Entry(id.Derive("ent", string(cashback.Entry), string(o.Order.Order), what, fmt.Sprint(o.Current))),
		Kind: cashback.Entry, Order: o.Order.Order, At: now,
		Postings: []ledger.Posting{{Account: from, Amount: m}, {Account: to, Amount: m.Neg()}},
	})
}

// settle decides what follows from all that is known of an order: what refunds
// have left of its cashback, and whether that is paid.
func (o *order) settle(now time.Time) error {
	amount := func(n int64) money.Money { return money.Money{Amount: n, Currency: o.Amount.Currency} }
	closes, known := o.Closes()
	if o.Stage == cashback.Pending || o.Stage == cashback.Paid {
		paid, kept := o.Goods(func(l window.Line) bool { return counts(o.Merchants, l.Merchant) })
		keeps := window.Share(o.Amount.Amount, kept, paid)
		if less := o.Current - keeps; less > 0 {
			from := o.held()
			if o.Stage == cashback.Paid {
				from = o.wallet()
			}
			o.post("taken", from, cost, amount(less), now)
			if o.Current = keeps; keeps == 0 {
				o.Stage = cashback.Reversed
			}
		}
		if o.Stage == cashback.Pending && known && !now.Before(closes) {
			o.post("paid", o.held(), o.wallet(), amount(o.Current), now)
			o.Stage, o.DoneAt = cashback.Paid, now
		}
	}
	o.Due, o.DueAt = time.Time{}, time.Time{}
	if known && o.Stage == cashback.Pending {
		o.Due, o.DueAt = closes, closes
	}
	if len(o.Entries) > 0 || o.Stage == cashback.Asking {
		o.Due = now.Add(grace)
	}
	return nil
}

// advance does what an order's document says is to be done.
func (c *Core) advance(ctx context.Context, o order) error {
	if o.Stage == cashback.Asking {
		var err error
		if o, err = c.promise(ctx, o); err != nil {
			return err
		}
	}
	if len(o.Entries) == 0 {
		return nil
	}
	done := map[id.Entry]bool{}
	for _, e := range o.Entries {
		if _, err := c.Ledger.Post(ctx, e); err != nil {
			return fmt.Errorf("cashback of %s: %w", o.Order.Order, err)
		}
		done[e.ID] = true
	}
	_, err := c.decide(ctx, o.Order.Order, func(o *order) error {
		left := o.Entries[:0:0]
		for _, e := range o.Entries {
			if !done[e.ID] {
				left = append(left, e)
			}
		}
		if len(left) == len(o.Entries) {
			return errSame
		}
		o.Entries = left
		return nil
	})
	return err
}

// Settle pays what is due and ends what was begun and left. It may run anywhere,
// and twice at a time.
func (c *Core) Settle(ctx context.Context) error {
	q := docdb.Query{Index: "due", Before: c.Now().Add(time.Millisecond), Limit: atOnce}
	orders, err := c.orders.Find(ctx, q)
	all := []error{err}
	for _, o := range orders.Items {
		name := o.Order.Order
		o, err := c.decide(ctx, name, func(*order) error { return nil })
		if err == nil {
			err = c.advance(ctx, o)
		}
		all = append(all, putOff(ctx, c.orders, string(name), c.Now(), err))
	}
	campaigns, err := c.campaigns.Find(ctx, q)
	all = append(all, err)
	for _, x := range campaigns.Items {
		all = append(all, putOff(ctx, c.campaigns, x.ID, c.Now(), c.clearLeft(ctx, x)))
	}
	return errors.Join(all...)
}

// later is when the job tries again what failed.
const later = time.Minute

// putOff lets the job do others before a document that failed, unless it is
// settled by now.
func putOff[T any](ctx context.Context, c *docdb.Collection[T], id string, now time.Time, why error) error {
	if why == nil || ctx.Err() != nil {
		return why
	}
	_, err := c.UpdateIf(ctx, id, []docdb.Cond{{Field: "due", Op: docdb.Present}}, []docdb.Change{{Field: "due", Verb: docdb.Set, Value: now.Add(later)}})
	if errors.Is(err, docdb.ErrRefused) {
		err = nil
	}
	return errors.Join(fmt.Errorf("%s: %w", id, why), err)
}
