package checkoutcore

import (
	"context"
	"errors"
	"time"

	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// firstCheck is when a payment that nobody told us of is asked after.
const firstCheck = 2 * time.Minute

// Pay stores a payment before the provider hears of it: whatever the provider
// says later, there is something to say it to.
func (c *Core) Pay(ctx context.Context, in checkout.Pay) (checkout.Payment, error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return checkout.Payment{}, err
	}
	if in.RequestID == "" {
		return checkout.Payment{}, rpc.ErrNoKey
	}
	provider, err := c.provider(in.Provider)
	if err != nil {
		return checkout.Payment{}, err
	}
	o, err := c.own(ctx, buyer, in.ID)
	if err != nil {
		return checkout.Payment{}, err
	}
	payID := id.Payment(id.Derive("pay", string(in.ID), in.RequestID))
	p, err := c.payments.Get(ctx, string(payID))
	switch {
	case err == nil && p.Provider != in.Provider:
		return checkout.Payment{}, rpc.ErrReused
	case err == nil && p.URL != "":
		return p.Payment, nil
	case err == nil:
	case !errors.Is(err, docdb.ErrNotFound):
		return checkout.Payment{}, err
	case o.State != checkout.Unpaid:
		return checkout.Payment{}, checkout.ErrNotUnpaid
	default:
		p = payment{Buyer: buyer, BegunAt: c.Now(), CheckAt: c.Now().Add(firstCheck), Payment: checkout.Payment{
			ID: payID, Order: o.ID, Provider: in.Provider, Amount: o.Total, State: checkout.Pending,
		}}
		if err := c.payments.Insert(ctx, string(payID), p); err != nil && !errors.Is(err, docdb.ErrExists) {
			return checkout.Payment{}, err
		}
	}
	if p.Amount.IsZero() {
		return c.payNothing(ctx, p)
	}
	url, err := provider.Begin(ctx, pay.Intent{Payment: payID, Order: o.ID, Amount: p.Amount, Title: title(o), Return: c.Return + string(o.ID)})
	if err != nil {
		return checkout.Payment{}, err
	}
	p, err = c.payments.Update(ctx, string(payID), func(p *payment) error { p.URL = url; return nil })
	return p.Payment, err
}

// payNothing completes an order that points or coupons paid whole: no provider
// takes a payment of nothing.
func (c *Core) payNothing(ctx context.Context, p payment) (checkout.Payment, error) {
	err := c.complete(ctx, p.Provider, pay.Fact{Payment: p.ID, Outcome: pay.Succeeded, Amount: p.Amount, At: c.Now()})
	if err != nil {
		return checkout.Payment{}, err
	}
	p, err = c.payments.Update(ctx, string(p.ID), func(p *payment) error { p.URL = c.Return + string(p.Order); return nil })
	return p.Payment, err
}

func title(o order) string {
	if len(o.Lines) == 1 {
		return o.Lines[0].Title
	}
	return o.Lines[0].Title + " …"
}

// Confirm asks the provider, and goes down the same path as its webhook.
func (c *Core) Confirm(ctx context.Context, in checkout.ByPayment) (checkout.Payment, error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return checkout.Payment{}, err
	}
	p, err := c.payments.Get(ctx, string(in.ID))
	if errors.Is(err, docdb.ErrNotFound) || err == nil && p.Buyer != buyer {
		return checkout.Payment{}, checkout.ErrNoSuchPayment.Because(err)
	}
	if err != nil {
		return checkout.Payment{}, err
	}
	if p.open() {
		if err := c.check(ctx, p); err != nil {
			return checkout.Payment{}, err
		}
		p, err = c.payments.Get(ctx, string(in.ID))
	}
	return p.Payment, err
}

// open reports whether money may still come by this payment: a declined one can
// be tried again on the provider's page.
func (p payment) open() bool { return p.State == checkout.Pending || p.State == checkout.Failed }

// check asks a payment's provider how it stands, and acts on the answer.
func (c *Core) check(ctx context.Context, p payment) error {
	if p.Amount.IsZero() {
		return nil // whoever pays it completes it
	}
	provider, err := c.provider(p.Provider)
	if err != nil {
		return err
	}
	fact, err := provider.Query(ctx, p.ID)
	if errors.Is(err, pay.ErrUnknown) {
		return nil // it was never begun there
	}
	if err != nil {
		return err
	}
	return c.complete(ctx, p.Provider, fact)
}
