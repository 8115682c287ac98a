package checkoutcore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
)

// bought is a paid order of three products of two shops.
func (x *till) bought(t *testing.T, n ...int64) checkout.Order {
	t.Helper()
	x.shelf.add(1)
	buyer := newBuyer()
	ctx := as(t, buyer)
	ask := checkout.Ask{}
	for i, n := range n {
		ask.Lines = append(ask.Lines, checkout.Choice{SKU: id.SKU(fmt.Sprintf("sku_%d", i)), N: n})
	}
	q, err := x.Quote(ctx, ask)
	must(t, err)
	o, err := x.Place(ctx, checkout.Place{Quote: q.ID, Address: "adr_home", RequestID: id.Secret()})
	must(t, err)
	p := x.begin(t, o)
	x.bank.set(p.ID, pay.Succeeded, p.Amount)
	must(t, x.complete(t.Context(), "bank", pay.Fact{Payment: p.ID, Outcome: pay.Succeeded, Amount: p.Amount}))
	got, err := x.orders.Get(t.Context(), string(o.ID))
	must(t, err)
	if got.State != checkout.Paid {
		t.Fatalf("the order is %s", got.State)
	}
	return got.Order
}

func (x *till) refundable(t *testing.T) {
	t.Helper()
	x.twoShops()
}

func asTill(ctx context.Context) context.Context { return actor.AsSystem(ctx, "aftersale") }

// sent is what the bank sent back of an order.
func (x *till) sent(o order) int64 {
	b := x.bank.bill(o.Payment)
	var n int64
	for _, part := range b.parts {
		n += part
	}
	if b.refunds > 0 {
		n += b.amount.Amount
	}
	return n
}

func TestRefundsNeverComeToMoreThanWasPaid(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.refundable(t)
	rapid.Check(t, func(r *rapid.T) {
		x.offers.price = func(in promo.PriceAsk) promo.Priced { return saving(r, in) }
		n := []int64{rapid.Int64Range(1, 4).Draw(r, "a"), rapid.Int64Range(1, 4).Draw(r, "b"), rapid.Int64Range(1, 4).Draw(r, "c")}
		o := x.bought(t, n...)
		for step := range rapid.IntRange(1, 5).Draw(r, "steps") {
			in := checkout.AskRefund{Order: o.ID, Reason: "faulty", Faulty: rapid.Bool().Draw(r, "faulty"), RequestID: fmt.Sprint(step)}
			for line := range 3 {
				if rapid.Bool().Draw(r, "line") {
					in.Units = append(in.Units, checkout.RefundUnits{Line: line, N: rapid.Int64Range(0, n[line]).Draw(r, "n")})
				}
			}
			if rapid.IntRange(0, 2).Draw(r, "by amount") == 0 {
				in.Amount = money.CNY(rapid.Int64Range(1, 3_000).Draw(r, "amount"))
			}
			got, err := x.Refund(asTill(t.Context()), in)
			if err == nil && in.Amount.Amount > 0 && got.Amount != in.Amount {
				r.Fatalf("asked for %v, got %v", in.Amount, got.Amount)
			}
		}
		if rapid.Bool().Draw(r, "the rest") {
			if err := x.giveBackWhole(t.Context(), o.ID, "rest", "rest", true); err != nil {
				r.Fatal(err)
			}
		}
		kept, err := x.orders.Get(t.Context(), string(o.ID))
		if err != nil {
			r.Fatal(err)
		}
		holds(r, kept)
		if x.sent(kept) != kept.Back.Amount {
			r.Fatalf("the bank sent %d, the order says %v", x.sent(kept), kept.Back)
		}
	})
}

// holds checks an order's refunds against its frozen lines.
func holds(r *rapid.T, o order) {
	sums := make([]pool, len(o.Lines))
	var total, points int64
	for _, b := range o.Refunds {
		var due int64
		for _, l := range b.Lines {
			s := &sums[l.Line]
			for _, n := range []money.Money{l.Amount, l.Platform, l.ByPoints, l.Tax, l.Shipping, l.Fee, l.Commission, l.Due} {
				if n.Amount < 0 {
					r.Fatalf("below zero: %+v", l)
				}
			}
			if l.Due.Amount != l.Amount.Amount-l.Saved.Amount+l.Shipping.Amount+l.Tax.Amount {
				r.Fatalf("%v due of %+v", l.Due, l)
			}
			*s = pool{
				Units: s.Units + l.N, Amount: s.Amount + l.Amount.Amount, Goods: s.Goods + l.Amount.Amount - l.Saved.Amount,
				Platform: s.Platform + l.Platform.Amount, ByPoints: s.ByPoints + l.ByPoints.Amount, Tax: s.Tax + l.Tax.Amount,
				Fee: s.Fee + l.Fee.Amount, Commission: s.Commission + l.Commission.Amount, Shipping: s.Shipping + l.Shipping.Amount,
			}
			due += l.Due.Amount
		}
		if due != b.Amount.Amount {
			r.Fatalf("lines come to %d of %v", due, b.Amount)
		}
		total, points = total+due, points+b.Points
	}
	all := poolsOf(o)
	for i, s := range sums {
		s.Points = 0
		l := all[i].less(s)
		if min(l.Units, l.Amount, l.Goods, l.Platform, l.ByPoints, l.Tax, l.Fee, l.Commission, l.Shipping) < 0 {
			r.Fatalf("line %d gave back more than it has: %+v of %+v", i, s, all[i])
		}
		if o.Lines[i].Returned != s.Units || o.Lines[i].Back.Amount != s.due() {
			r.Fatalf("line %d: %d returned, %v back; want %+v", i, o.Lines[i].Returned, o.Lines[i].Back, s)
		}
		if o.Back == o.Total && o.Total.Amount > 0 && s.due() != o.Lines[i].Due.Amount {
			r.Fatalf("line %d is not back whole", i)
		}
	}
	if total != o.Back.Amount || total > o.Total.Amount || points > o.Points {
		r.Fatalf("%d back of %v, the order says %v; %d points of %d", total, o.Total, o.Back, points, o.Points)
	}
	if (o.State == checkout.Refunded) != (len(o.Refunds) > 0 && o.Refunds[len(o.Refunds)-1].Whole) {
		r.Fatalf("%s after %+v", o.State, o.Refunds)
	}
}

func TestTheLastUnitTakesWhatRoundingLeft(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.refundable(t)
	x.offers.price = func(in promo.PriceAsk) promo.Priced {
		p := plain(in)
		p.Lines[0].Saved, p.Saved, p.Goods = money.CNY(1_000), money.CNY(1_000), money.CNY(3_000)
		p.Lines[0].Due.Amount -= 1_000
		p.Total.Amount -= 1_000
		return p
	}
	o := x.bought(t, 3) // three for 20.00, and 8.00 to send them
	var got []int64
	for i := range 3 {
		r, err := x.Refund(asTill(t.Context()), checkout.AskRefund{Order: o.ID, Units: []checkout.RefundUnits{{N: 1}}, Reason: "r", Restock: true, RequestID: fmt.Sprint(i)})
		must(t, err)
		if got = append(got, r.Amount.Amount); r.Whole != (i == 2) || !r.Done {
			t.Errorf("refund %d: %+v", i, r)
		}
	}
	if fmt.Sprint(got) != "[666 666 1468]" {
		t.Errorf("refunds of %v", got)
	}
	if len(x.shelf.restocked) != 3 {
		t.Errorf("restocked %v", x.shelf.restocked)
	}
	kept, err := x.orders.Get(t.Context(), string(o.ID))
	must(t, err)
	events := 0
	for _, e := range kept.Outbox {
		if e.Topic == checkout.OrderRefunded.Name {
			events++
		}
	}
	if kept.State != checkout.Refunded || events != 3 {
		t.Errorf("the order is %s, announced %d refunds", kept.State, events)
	}
	// The provider's own word of it changes nothing.
	must(t, x.complete(t.Context(), "bank", pay.Fact{Payment: kept.Payment, Outcome: pay.Refunded, Amount: kept.Total}))
	p, err := x.payments.Get(t.Context(), string(kept.Payment))
	must(t, err)
	if p.State != checkout.Succeeded || len(p.Outbox) != 0 {
		t.Errorf("the payment is %s, announced %v", p.State, p.Outbox)
	}
}

func TestShippingGoesBackWithAllOfAPartOrWithWhatIsFaulty(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.refundable(t)
	ask := func(o checkout.Order, request string, faulty bool, units ...checkout.RefundUnits) int64 {
		r, err := x.Refund(asTill(t.Context()), checkout.AskRefund{Order: o.ID, Units: units, Faulty: faulty, Reason: "r", RequestID: request})
		must(t, err)
		return r.Amount.Amount
	}
	o := x.bought(t, 1, 1, 1) // 10.00 and 30.00 of one shop, 20.00 of another, 8.00 each to send
	for _, tt := range []struct {
		got, want int64
	}{
		{ask(o, "1", false, checkout.RefundUnits{Line: 0, N: 1}), 1_000},
		{ask(o, "2", false, checkout.RefundUnits{Line: 1, N: 1}), 2_800},
		{ask(o, "3", false, checkout.RefundUnits{Line: 2, N: 1}), 3_800},
		{ask(x.bought(t, 1, 1, 1), "1", true, checkout.RefundUnits{Line: 2, N: 1}), 3_800},
	} {
		if tt.got != tt.want {
			t.Errorf("%d back, want %d", tt.got, tt.want)
		}
	}
}

func TestARequestRefundsOnceHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.refundable(t)
	o := x.bought(t, 2)
	in := checkout.AskRefund{Order: o.ID, Units: []checkout.RefundUnits{{N: 1}}, Reason: "r", RequestID: "once"}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if r, err := x.Refund(asTill(t.Context()), in); err != nil || r.Amount.Amount != 1_000 {
				t.Errorf("%v, %v", r.Amount, err)
			}
		})
	}
	wg.Wait()
	kept, err := x.orders.Get(t.Context(), string(o.ID))
	must(t, err)
	if len(kept.Refunds) != 1 || x.sent(kept) != 1_000 {
		t.Errorf("%d refunds, the bank sent %d", len(kept.Refunds), x.sent(kept))
	}
	in.Units[0].N = 2
	if _, err := x.Refund(asTill(t.Context()), in); err == nil {
		t.Error("a request id was used for something else")
	}
}

func TestManyAtOnceGetNoMoreThanThereIs(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.refundable(t)
	o := x.bought(t, 5)
	var wg sync.WaitGroup
	var units, refused atomic.Int64
	for i := range 12 {
		wg.Go(func() {
			_, err := x.Refund(asTill(t.Context()), checkout.AskRefund{Order: o.ID, Units: []checkout.RefundUnits{{N: 1}}, Reason: "r", RequestID: fmt.Sprint(i)})
			switch {
			case err == nil:
				units.Add(1)
			case errors.Is(err, checkout.ErrTooMuch), errors.Is(err, checkout.ErrNotPaid):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	kept, err := x.orders.Get(t.Context(), string(o.ID))
	must(t, err)
	if units.Load() != 5 || refused.Load() != 7 || x.sent(kept) != kept.Total.Amount {
		t.Errorf("%d units went back, %d were refused, the bank sent %d of %v", units.Load(), refused.Load(), x.sent(kept), kept.Total)
	}
}

func TestARefundThatTheBankRefusesIsSentByTheJob(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.refundable(t)
	o := x.bought(t, 2)
	x.bank.busy, x.shelf.busy = 2, 1
	in := checkout.AskRefund{Order: o.ID, Units: []checkout.RefundUnits{{N: 1}}, Reason: "r", Restock: true, RequestID: "r"}
	r, err := x.Refund(asTill(t.Context()), in)
	must(t, err)
	if r.Done {
		t.Fatal("the bank did not take it")
	}
	for range 3 {
		x.clock.Advance(time.Hour)
		must(t, x.carryOutDue(t.Context()))
	}
	kept, err := x.orders.Get(t.Context(), string(o.ID))
	must(t, err)
	if !kept.Refunds[0].Done || !kept.Refunds[0].Restocked || !kept.BackDue.IsZero() || x.sent(kept) != 1_000 || len(x.shelf.restocked) != 1 {
		t.Errorf("%+v, the bank sent %d", kept.Refunds, x.sent(kept))
	}
}

// TestAKilledRefundIsFinished kills the till after each of a whole refund's
// writes of its order; the job finishes what was decided.
func TestAKilledRefundIsFinished(t *testing.T) {
	t.Parallel()
	for k := range int64(2) {
		dying := &orderless{}
		x := newTill(t, func(d docdb.Driver) docdb.Driver { dying.Driver = d; return dying })
		x.refundable(t)
		o := x.bought(t, 1, 1)
		dying.after.Store(k + 1)
		err := x.lapsed(t.Context(), "t", []id.Order{o.ID})
		dying.after.Store(0)
		if k == 0 && !errors.Is(err, errKilled) {
			t.Fatalf("err = %v, want killed", err)
		}
		if k == 0 { // nothing was decided: the event comes again
			must(t, x.lapsed(t.Context(), "t", []id.Order{o.ID, "ord_unknown"}))
		}
		x.clock.Advance(time.Minute)
		must(t, x.carryOutDue(t.Context()))
		must(t, x.lapsed(t.Context(), "t", []id.Order{o.ID}))
		kept, err := x.orders.Get(t.Context(), string(o.ID))
		must(t, err)
		if kept.State != checkout.Refunded || len(kept.Refunds) != 1 || x.sent(kept) != kept.Total.Amount || len(x.shelf.restocked) != 1 {
			t.Errorf("killed at %d: %s, %d refunds, the bank sent %d, restocked %v", k, kept.State, len(kept.Refunds), x.sent(kept), x.shelf.restocked)
		}
	}
}

// TestATeamThatLapsesBeforeItsOrderIsPaidGivesItsMoneyBack has the till die, or
// be slow, between the seat and the order.
func TestATeamThatLapsesBeforeItsOrderIsPaidGivesItsMoneyBack(t *testing.T) {
	t.Parallel()
	for _, expires := range []bool{false, true} {
		ctx := t.Context()
		dying := &orderless{}
		x := newTill(t, func(d docdb.Driver) docdb.Driver { dying.Driver = d; return dying })
		o := x.place(t)
		p := x.begin(t, o)
		x.bank.set(p.ID, pay.Succeeded, p.Amount)
		dying.after.Store(1)
		if err := x.complete(ctx, "bank", pay.Fact{Payment: p.ID, Outcome: pay.Succeeded, Amount: p.Amount}); !errors.Is(err, errKilled) {
			t.Fatalf("err = %v, want killed", err)
		}
		if expires {
			must(t, second(x.close(ctx, o.ID, checkout.Expired)))
		}
		if err := x.lapsed(ctx, "t", []id.Order{o.ID}); !errors.Is(err, checkout.ErrNotPaid) {
			t.Fatalf("expired %v: the event is over with %v", expires, err)
		}
		x.clock.Advance(time.Minute)
		must(t, x.checkSilent(ctx))
		must(t, x.lapsed(ctx, "t", []id.Order{o.ID}))
		must(t, x.lapsed(ctx, "t", []id.Order{o.ID}))
		kept, err := x.orders.Get(ctx, string(o.ID))
		must(t, err)
		if kept.State != checkout.Refunded || x.sent(kept) != kept.Total.Amount {
			t.Errorf("expired %v: %s, the bank sent %d", expires, kept.State, x.sent(kept))
		}
	}
}

func TestALapsedTeamDoesNotWaitForAnOrderThatNobodyPays(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	o, cancelled := x.place(t), x.place(t)
	x.begin(t, o)
	must(t, second(x.Cancel(as(t, cancelled.Buyer), checkout.ByOrder{ID: cancelled.ID})))
	must(t, x.lapsed(t.Context(), "t", []id.Order{cancelled.ID}))
	if err := x.lapsed(t.Context(), "t", []id.Order{o.ID}); !errors.Is(err, checkout.ErrNotPaid) {
		t.Errorf("unpaid: %v, want to be asked again", err)
	}
	must(t, second(x.close(t.Context(), o.ID, checkout.Expired)))
	must(t, x.lapsed(t.Context(), "t", []id.Order{o.ID}))
}

func TestNobodyButTheShopRefunds(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.refundable(t)
	o := x.bought(t, 1)
	in := checkout.AskRefund{Order: o.ID, Units: []checkout.RefundUnits{{N: 1}}, Reason: "r", RequestID: "r"}
	if _, err := x.Refund(as(t, o.Buyer), in); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("the buyer: %v", err)
	}
	in.Order = x.place(t).ID
	if _, err := x.Refund(asTill(t.Context()), in); !errors.Is(err, checkout.ErrNotPaid) {
		t.Errorf("an unpaid order: %v", err)
	}
	in.Order = "ord_none"
	if _, err := x.Refund(asTill(t.Context()), in); !errors.Is(err, checkout.ErrNoSuchOrder) {
		t.Errorf("no order: %v", err)
	}
}

func TestFulfilmentAloneHearsWhereAnOrderGoes(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.refundable(t)
	o := x.bought(t, 1)
	d, err := x.Delivery(actor.AsSystem(t.Context(), "fulfil"), fulfil.ByOrder{ID: o.ID})
	if err != nil || d.Order.ID != o.ID || d.Address.Address != "adr_home" || len(d.Order.Parts) != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := x.Delivery(as(t, o.Buyer), fulfil.ByOrder{ID: o.ID}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("the buyer: %v", err)
	}
	if _, err := x.Delivery(asTill(t.Context()), fulfil.ByOrder{ID: "ord_none"}); !errors.Is(err, checkout.ErrNoSuchOrder) {
		t.Errorf("no order: %v", err)
	}
}
