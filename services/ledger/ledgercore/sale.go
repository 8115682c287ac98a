package ledgercore

import (
	"context"
	"fmt"
	"time"

	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/bus"
)

// Consumer is the ledger's name on the bus.
const Consumer = "ledger"

// Run subscribes to what moves money; deliveries end with the bus.
func (c *Core) Run(ctx context.Context) error {
	err := bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, e checkout.OrderData) error {
		entry, err := sale(e)
		if err != nil {
			return err
		}
		_, err = c.Post(ctx, entry)
		return err
	})
	if err != nil {
		return err
	}
	return bus.On(ctx, c.Bus, Consumer, checkout.PaymentReturned, func(ctx context.Context, _ bus.Event, e checkout.Payment) error {
		for _, entry := range refund(e, c.Now()) {
			if _, err := c.Post(ctx, entry); err != nil {
				return err
			}
		}
		return nil
	})
}

// refund is the two entries of a payment that could not be served: the money
// came, and went back.
func refund(p checkout.Payment, at time.Time) []ledger.Entry {
	psp, clearing := ledger.Of(ledger.PSPReceivable, p.Provider), ledger.Of(ledger.RefundClearing, "buyer")
	entry := func(step string, kind ledger.Kind, from, to ledger.Account) ledger.Entry {
		return ledger.Entry{
			ID: id.Entry(id.Derive("ent", step, string(p.ID))), Kind: kind, Order: p.Order, At: at,
			Postings: []ledger.Posting{{Account: from, Amount: p.Amount}, {Account: to, Amount: p.Amount.Neg()}},
		}
	}
	return []ledger.Entry{
		entry("late", ledger.LatePayment, psp, clearing),
		entry("refund", ledger.Refund, clearing, psp),
	}
}

// sale is the entry of a paid order: the provider owes us the total; of the
// goods' price the creator's commission and the platform's fee are held, and
// the rest, with the shipping, lies in escrow for the merchants.
func sale(e checkout.OrderData) (ledger.Entry, error) {
	out := ledger.Entry{ID: id.Entry(id.Derive("ent", string(ledger.Sale), string(e.Order))), Kind: ledger.Sale, Order: e.Order, At: e.PaidAt}
	add := func(a ledger.Account, m money.Money) {
		if !m.IsZero() {
			out.Postings = append(out.Postings, ledger.Posting{Account: a, Amount: m})
		}
	}
	add(ledger.Of(ledger.PSPReceivable, e.Provider), e.Total)
	weights := make([]int64, len(e.Lines))
	for i, l := range e.Lines {
		weights[i] = l.Amount.Amount
	}
	shipping, err := e.Shipping.Split(weights...)
	if err != nil {
		return out, fmt.Errorf("shipping of %s: %w", e.Order, err)
	}
	for i, l := range e.Lines {
		rest, err := l.Amount.Sub(l.Fee)
		if err == nil {
			rest, err = rest.Sub(l.Commission)
		}
		if err == nil {
			rest, err = rest.Add(shipping[i])
		}
		if err != nil {
			return out, fmt.Errorf("escrow of %s: %w", e.Order, err)
		}
		add(ledger.Of(ledger.Escrow, string(l.Merchant)), rest.Neg())
		add(ledger.Of(ledger.FeeHeld, "platform"), l.Fee.Neg())
		add(ledger.Of(ledger.CommissionHeld, string(l.Creator)), l.Commission.Neg())
	}
	return out, nil
}
