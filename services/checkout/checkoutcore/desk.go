package checkoutcore

import (
	"context"
	"errors"
	"strings"

	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// DeskPayments implements checkout.Service.
func (c *Core) DeskPayments(ctx context.Context, in checkout.DeskPayments) (page.Page[checkout.DeskPayment], error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return page.Page[checkout.DeskPayment]{}, err
	}
	found, err := c.look(ctx, in)
	if err != nil {
		return page.Page[checkout.DeskPayment]{}, err
	}
	out := page.Page[checkout.DeskPayment]{Items: make([]checkout.DeskPayment, len(found.Items)), Next: found.Next}
	for i, p := range found.Items {
		o, err := c.orders.Get(ctx, string(p.Order))
		if err != nil && !errors.Is(err, docdb.ErrNotFound) {
			return out, err
		}
		out.Items[i] = looked(p, o)
	}
	return out, nil
}

// look finds what an operator asks for.
func (c *Core) look(ctx context.Context, in checkout.DeskPayments) (page.Page[payment], error) {
	if find := strings.TrimSpace(in.Find); find != "" {
		p, err := c.payments.Get(ctx, find)
		if err == nil {
			return page.Page[payment]{Items: []payment{p}}, nil
		}
		if !errors.Is(err, docdb.ErrNotFound) {
			return page.Page[payment]{}, err
		}
		return c.payments.Find(ctx, docdb.Query{Index: "order", Equal: []any{find}, Descending: true, Limit: in.Size(20, 50), After: in.After})
	}
	state := in.State
	if state == "" {
		state = checkout.Frozen
	}
	return c.payments.Find(ctx, docdb.Query{Index: "state", Equal: []any{string(state)}, Descending: true, Limit: in.Size(20, 50), After: in.After})
}

// looked is a payment as an operator sees it.
func looked(p payment, o order) checkout.DeskPayment {
	out := checkout.DeskPayment{
		ID: p.ID, Order: p.Order, Buyer: p.Buyer, Provider: p.Provider, Amount: p.Amount, State: p.State,
		BegunAt: p.BegunAt, TakenAt: p.TakenAt, CheckAt: p.CheckAt, Checks: p.Checks,
		Events: make([]checkout.PayEvent, len(p.Facts)), OrderState: o.State, Total: o.Total, Back: o.Back,
		Refunds: make([]checkout.PayBack, len(o.Refunds)),
	}
	for i, f := range p.Facts {
		out.Events[i] = checkout.PayEvent{Event: f.Event, State: string(f.Outcome), Amount: f.Amount, At: f.At}
	}
	for _, d := range p.Decided {
		out.Events = append(out.Events, checkout.PayEvent{Event: "desk", State: d.Verdict, Amount: d.Amount, At: d.At, By: d.By, Reason: d.Reason})
	}
	for i, b := range o.Refunds {
		out.Refunds[i] = checkout.PayBack{ID: b.ID, Amount: b.Amount, Reason: b.Reason, At: b.At, Done: b.Done}
	}
	return out
}
