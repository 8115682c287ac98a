package ledgercore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"meadow/services/aftersale"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// Consumer is the ledger's name on the bus.
const Consumer = "ledger"

// Run subscribes to what moves money, and announces what payees want to hear of,
// until ctx ends.
func (c *Core) Run(ctx context.Context) error {
	if err := c.listen(ctx); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { _ = c.accountRelay.Run(ctx) }) // ends with ctx, as does the one below
	return c.payoutRelay.Run(ctx)
}

// listen subscribes; deliveries end with the bus.
func (c *Core) listen(ctx context.Context) error {
	return errors.Join(
		bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, e checkout.OrderData) error {
			return c.paid(ctx, e)
		}),
		bus.On(ctx, c.Bus, Consumer, checkout.OrderRefunded, func(ctx context.Context, _ bus.Event, e checkout.Refund) error {
			return c.refunded(ctx, e)
		}),
		bus.On(ctx, c.Bus, Consumer, fulfil.ParcelReceived, func(ctx context.Context, _ bus.Event, e fulfil.ParcelData) error {
			return c.received(ctx, e)
		}),
		bus.On(ctx, c.Bus, Consumer, aftersale.Moved, func(ctx context.Context, _ bus.Event, e aftersale.MovedData) error {
			return c.moved(ctx, e)
		}),
		bus.On(ctx, c.Bus, Consumer, checkout.PaymentReturned, func(ctx context.Context, e bus.Event, p checkout.Payment) error {
			for _, entry := range returned(p, e.At) {
				if _, err := c.Post(ctx, entry); err != nil {
					return err
				}
			}
			return nil
		}),
	)
}

// returned is the two entries of a payment that could not be served: the money
// came, and went back.
func returned(p checkout.Payment, at time.Time) []ledger.Entry {
	psp, clearing := ledger.Of(ledger.PSPReceivable, p.Provider), ledger.Of(ledger.RefundClearing, "buyer")
	entry := func(step, ref string, kind ledger.Kind, from, to ledger.Account) ledger.Entry {
		return ledger.Entry{
			ID: id.Entry(id.Derive("ent", step, string(p.ID))), Kind: kind, Order: p.Order, Ref: ref, At: at,
			Postings: []ledger.Posting{{Account: from, Amount: p.Amount}, {Account: to, Amount: p.Amount.Neg()}},
		}
	}
	return []ledger.Entry{
		entry("late", string(p.ID), ledger.LatePayment, psp, clearing),
		entry("refund", wholeRefund(p.ID), ledger.Refund, clearing, psp),
	}
}

// wholeRefund is what a statement calls the refund of money that bought nothing.
func wholeRefund(p id.Payment) string { return id.Derive("rfd", string(p)) }

// largest is more than any order comes to, and so little that sums over its
// lines stay far from 64 bits.
const largest = 1 << 50

// widened checks that what is due for the lines is what was paid. Of an order
// from before lines said what is due for them, the shipping is shared out by
// amount.
func widened(e checkout.OrderData) (checkout.OrderData, error) {
	e.Lines = slices.Clone(e.Lines)
	old := !e.Total.IsZero()
	for _, l := range e.Lines {
		old = old && l.Due.IsZero()
	}
	if old {
		weights := make([]int64, len(e.Lines))
		for i, l := range e.Lines {
			weights[i] = l.Amount.Amount
		}
		shipping, err := e.Shipping.Split(weights...)
		if err != nil {
			return e, fmt.Errorf("shipping of %s: %w", e.Order, err)
		}
		for i := range e.Lines {
			l := &e.Lines[i]
			l.Shipping = shipping[i]
			if l.Due, err = money.Sum(l.Amount, l.Saved.Neg(), l.Shipping, l.Tax); err != nil {
				return e, fmt.Errorf("due of %s: %w", e.Order, err)
			}
		}
	}
	var due money.Money
	for _, l := range e.Lines {
		for _, m := range []money.Money{l.Amount, l.Saved, l.Platform, l.ByPoints, l.Shipping, l.Tax, l.Due, l.Fee, l.Commission} {
			if m.Amount < 0 || m.Amount > largest || m.Currency != e.Total.Currency && !m.IsZero() {
				return e, fmt.Errorf("order %s: a part of %v", e.Order, m)
			}
		}
		if l.Creator == "" && !l.Commission.IsZero() {
			return e, fmt.Errorf("order %s: commission for nobody", e.Order)
		}
		var err error
		if due, err = due.Add(l.Due); err != nil {
			return e, fmt.Errorf("due of %s: %w", e.Order, err)
		}
	}
	if due.Amount != e.Total.Amount {
		return e, fmt.Errorf("order %s: %v is due for its lines, and %v was paid", e.Order, due, e.Total)
	}
	return e, nil
}

// refunded notes that money of an order went back.
func (c *Core) refunded(ctx context.Context, e checkout.Refund) error {
	r := refund{ID: e.ID, At: e.At}
	var sum int64
	for _, l := range e.Lines {
		r.Lines = append(r.Lines, refundLine{Line: l.Line, N: l.N, Back: partsOfRefund(l)})
		sum += l.Due.Amount
	}
	if sum != e.Amount.Amount {
		return fmt.Errorf("refund %s: %d is due for its lines, and %v went back", e.ID, sum, e.Amount)
	}
	return c.note(ctx, e.Order, func(o *order) bool {
		if slices.Contains(o.Refunded, r.ID) || slices.ContainsFunc(o.Refunds, func(x refund) bool { return x.ID == r.ID }) {
			return true
		}
		o.Refunds = append(o.Refunds, r)
		return false
	})
}

// received notes when the lines of a parcel are earned: when the return window
// closes, or sooner for a shop that is trusted.
func (c *Core) received(ctx context.Context, e fulfil.ParcelData) error {
	terms, err := c.termsOf(ctx, e.Merchant)
	if err != nil {
		return err
	}
	earns := e.At.Add(time.Duration(terms.Days) * 24 * time.Hour)
	if !e.ReturnBy.IsZero() && (terms.Days == ledger.UsualDays || e.ReturnBy.Before(earns)) {
		earns = e.ReturnBy
	}
	if fault.On(fault.EarlySettle) {
		earns = e.At
	}
	return c.note(ctx, e.Order, func(o *order) bool {
		known := true
		for _, line := range e.Lines {
			has := slices.ContainsFunc(o.Receipts, func(r receipt) bool { return r.Line == line }) ||
				line < len(o.Lines) && !o.Lines[line].EarnsAt.IsZero()
			if !has {
				o.Receipts = append(o.Receipts, receipt{Line: line, EarnsAt: earns})
				known = false
			}
		}
		return known
	})
}

func (c *Core) termsOf(ctx context.Context, m id.Merchant) (ledger.Terms, error) {
	t, err := c.terms.Get(ctx, string(m))
	if errors.Is(err, docdb.ErrNotFound) {
		return ledger.Terms{Merchant: m, Days: ledger.UsualDays}, nil
	}
	return t, err
}
