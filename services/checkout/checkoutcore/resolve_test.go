package checkoutcore

import (
	"context"
	"errors"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/rpc"
)

func atDesk(t *testing.T, u id.User) context.Context {
	return actor.With(t.Context(), actor.Actor{User: u, Roles: []actor.Role{actor.Operator}})
}

// frozen is an order whose payment came with another amount.
func (x *till) frozen(t *testing.T, more int64) (checkout.Order, checkout.Payment) {
	t.Helper()
	o := x.place(t)
	p := x.begin(t, o)
	got := money.CNY(p.Amount.Amount + more)
	x.bank.set(p.ID, pay.Succeeded, got)
	must(t, x.complete(t.Context(), "bank", pay.Fact{Payment: p.ID, Outcome: pay.Succeeded, Amount: got, At: x.clock.Now()}))
	return o, p
}

func TestAnOperatorSendsBackWhatAFrozenPaymentBrought(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	o, p := x.frozen(t, -1)
	in := checkout.ResolvePayment{ID: p.ID, Verdict: checkout.Accept, Reason: "short of a fen", RequestID: "1"}
	op := atDesk(t, "usr_op")
	if _, err := x.ResolvePayment(op, in); !errors.Is(err, checkout.ErrNotCovered) {
		t.Errorf("too little is accepted: %v", err)
	}
	in.Verdict = checkout.RefundAll
	if _, err := x.ResolvePayment(atDesk(t, o.Buyer), in); !errors.Is(err, catalog.ErrOwnMoney) {
		t.Errorf("one's own: %v", err)
	}
	if _, err := x.ResolvePayment(as(t, "usr_amy"), in); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("a buyer: %v", err)
	}
	x.bank.busy = 1
	for range 3 {
		must(t, second(x.ResolvePayment(op, in)))
	}
	x.clock.Advance(time.Minute)
	must(t, x.checkSilent(t.Context()))
	got, err := x.ResolvePayment(op, in)
	must(t, err)
	if b := x.bank.bill(p.ID); got.State != checkout.Returned || got.OrderState != checkout.Refunded || b.refunds != 1 || got.Amount != b.amount {
		t.Errorf("%s of %v, order %s, %d refunds", got.State, got.Amount, got.OrderState, b.refunds)
	}
	if last := got.Events[len(got.Events)-1]; last.By != "usr_op" || last.Reason != in.Reason || last.State != checkout.RefundAll {
		t.Errorf("the history ends with %+v", last)
	}
	in.Reason = "another"
	if _, err := x.ResolvePayment(op, in); !errors.Is(err, rpc.ErrReused) {
		t.Errorf("another decision by the same request: %v", err)
	}
	in.RequestID = "2"
	if _, err := x.ResolvePayment(op, in); !errors.Is(err, checkout.ErrNotFrozen) {
		t.Errorf("decided once more: %v", err)
	}
}

func TestAFrozenPaymentThatCoversTheOrderIsAccepted(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	_, p := x.frozen(t, 1)
	got, err := x.ResolvePayment(atDesk(t, "usr_op"), checkout.ResolvePayment{ID: p.ID, Verdict: checkout.Accept, Reason: "a fen too much", RequestID: "1"})
	if err != nil || got.State != checkout.Succeeded || got.OrderState != checkout.Paid {
		t.Errorf("%s, order %s, %v", got.State, got.OrderState, err)
	}
}

// TestWhatTheProviderSentBackItselfIsBookedAndNotSentAgain has an operator agree
// to it.
func TestWhatTheProviderSentBackItselfIsBookedAndNotSentAgain(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.refundable(t)
	o := x.bought(t, 2)
	kept, err := x.orders.Get(t.Context(), string(o.ID))
	must(t, err)
	x.bank.set(kept.Payment, pay.Refunded, o.Total)
	must(t, x.complete(t.Context(), "bank", pay.Fact{Payment: kept.Payment, Outcome: pay.Refunded, Amount: o.Total}))
	got, err := x.ResolvePayment(atDesk(t, "usr_op"), checkout.ResolvePayment{ID: kept.Payment, Verdict: checkout.RefundAll, Reason: "by hand", RequestID: "1"})
	must(t, err)
	b := x.bank.bill(kept.Payment)
	if got.OrderState != checkout.Refunded || got.Back != o.Total || len(got.Refunds) != 1 || !got.Refunds[0].Done || b.asked || len(b.parts) != 0 {
		t.Errorf("order %s, back %v, %+v; the bank was asked %v, %v", got.OrderState, got.Back, got.Refunds, b.asked, b.parts)
	}
}

func TestAFrozenPaymentIsABreachAfterADay(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.frozen(t, 1)
	breaches := func() (n int) {
		booked := func(context.Context, id.Order) (Booked, error) { return Booked{}, nil }
		_, err := x.Audit(t.Context(), booked, func(b Breach) {
			if b.Rule == "a frozen payment is decided about within a day" {
				n++
			}
		}, func() {})
		must(t, err)
		return n
	}
	before := breaches()
	x.clock.Advance(25 * time.Hour)
	if after := breaches(); before != 0 || after != 1 {
		t.Errorf("%d breaches at once, %d after a day; want 0 and 1", before, after)
	}
}

func TestARefundThatFailsAfterItWasTakenIsMadeAgain(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.refundable(t)
	o := x.bought(t, 2)
	must(t, x.lapsed(t.Context(), "t", []id.Order{o.ID}))
	kept, err := x.orders.Get(t.Context(), string(o.ID))
	must(t, err)
	x.bank.set(kept.Payment, pay.Succeeded, o.Total) // the money came back to us
	told := pay.Fact{Event: "e", Payment: kept.Payment, Outcome: pay.Unrefunded, Refund: kept.Refunds[0].ID, Amount: o.Total}
	must(t, x.complete(t.Context(), "bank", told))
	if kept, err = x.orders.Get(t.Context(), string(o.ID)); err != nil || kept.State != checkout.Refunding || kept.Refunds[0].Done {
		t.Errorf("%s, %+v, %v", kept.State, kept.Refunds[0], err)
	}
	x.clock.Advance(time.Hour)
	must(t, x.carryOutDue(t.Context()))
	if kept, err = x.orders.Get(t.Context(), string(o.ID)); err != nil || kept.State != checkout.Refunded || x.bank.bill(kept.Payment).refunds != 2 {
		t.Errorf("%s, %d refunds, %v", kept.State, x.bank.bill(kept.Payment).refunds, err)
	}
}

func TestLateMoneyWhoseRefundFailedIsForSomebodyToDecide(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	o, p := x.frozen(t, -1)
	op := atDesk(t, "usr_op")
	must(t, second(x.ResolvePayment(op, checkout.ResolvePayment{ID: p.ID, Verdict: checkout.RefundAll, Reason: "r", RequestID: "1"})))
	short := x.bank.bill(p.ID).amount
	x.bank.set(p.ID, pay.Succeeded, short)
	must(t, x.complete(t.Context(), "bank", pay.Fact{Event: "e", Payment: p.ID, Outcome: pay.Unrefunded, Refund: lateRefund(p.ID), Amount: short}))
	if got, err := x.payments.Get(t.Context(), string(p.ID)); err != nil || got.State != checkout.Frozen {
		t.Fatalf("%s, %v; want frozen", got.State, err)
	}
	got, err := x.ResolvePayment(op, checkout.ResolvePayment{ID: p.ID, Verdict: checkout.RefundAll, Reason: "again", RequestID: "2"})
	if err != nil || got.State != checkout.Returned || x.bank.bill(p.ID).refunds != 2 || got.Order != o.ID {
		t.Errorf("%s, %d refunds, %v", got.State, x.bank.bill(p.ID).refunds, err)
	}
}
