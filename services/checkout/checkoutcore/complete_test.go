package checkoutcore

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// TestAPaidOrderKeepsItsMoneyWhenItsPaymentIsTakenTwiceAtOnce has a late
// payment told of twice. The first finds the goods gone; before it can send the
// money back some come in, and the second serves the order with it.
func TestAPaidOrderKeepsItsMoneyWhenItsPaymentIsTakenTwiceAtOnce(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	ctx := t.Context()
	o := x.place(t)
	p := x.begin(t, o)
	x.clock.Advance(checkout.PayWithin + time.Second)
	must(t, x.expire(ctx, o.ID))
	must(t, second(x.shelf.Release(ctx, catalog.ByOrder{Order: o.ID})))
	x.shelf.steal()
	x.bank.set(p.ID, pay.Succeeded, p.Amount)
	fact := pay.Fact{Payment: p.ID, Outcome: pay.Succeeded, Amount: p.Amount}
	x.shelf.onSoldOut = func() {
		x.shelf.add(1)
		must(t, x.complete(ctx, "bank", fact))
	}
	must(t, x.complete(ctx, "bank", fact))
	got, err := x.orders.Get(ctx, string(o.ID))
	must(t, err)
	if b := x.bank.bill(p.ID); got.State != checkout.Paid || b.refunds != 0 {
		t.Errorf("the order is %s, its money went back %d times; want paid and never", got.State, b.refunds)
	}
	back, err := x.payments.Get(ctx, string(p.ID))
	must(t, err)
	if !back.CheckAt.IsZero() {
		t.Errorf("the payment is to be looked at again at %v", back.CheckAt)
	}
}

// TestMoneyThatWentBackBuysNothing has a provider tell of a refund, which
// somebody made at its desk, before it tells of the payment.
func TestMoneyThatWentBackBuysNothing(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	ctx := t.Context()
	o := x.place(t)
	p := x.begin(t, o)
	x.bank.set(p.ID, pay.Refunded, p.Amount)
	for _, outcome := range []pay.Outcome{pay.Refunded, pay.Succeeded} {
		must(t, x.complete(ctx, "bank", pay.Fact{Payment: p.ID, Outcome: outcome, Amount: p.Amount}))
	}
	got, err := x.orders.Get(ctx, string(o.ID))
	must(t, err)
	after, err := x.payments.Get(ctx, string(p.ID))
	must(t, err)
	if got.State != checkout.Unpaid || after.State != checkout.Returned || x.shelf.grip(o.ID).commits != 0 {
		t.Errorf("the order is %s, the payment %s, committed %d times", got.State, after.State, x.shelf.grip(o.ID).commits)
	}
}

// TestARefundIsFinishedAfterACrash kills the till between the payment's last
// word and the order's. Nobody tells of the payment again.
func TestARefundIsFinishedAfterACrash(t *testing.T) {
	t.Parallel()
	dying := &orderless{}
	x := newTill(t, func(d docdb.Driver) docdb.Driver { dying.Driver = d; return dying })
	ctx := t.Context()
	o := x.place(t)
	p := x.begin(t, o)
	x.clock.Advance(checkout.PayWithin + time.Second)
	must(t, x.expire(ctx, o.ID))
	must(t, second(x.shelf.Release(ctx, catalog.ByOrder{Order: o.ID})))
	x.shelf.steal()
	x.bank.set(p.ID, pay.Succeeded, p.Amount)

	dying.after.Store(2) // the order learns that its money goes back, and no more
	if err := x.complete(ctx, "bank", pay.Fact{Payment: p.ID, Outcome: pay.Succeeded, Amount: p.Amount}); !errors.Is(err, errKilled) {
		t.Fatalf("err = %v, want killed", err)
	}
	dying.after.Store(0)
	x.clock.Advance(time.Minute)
	must(t, x.checkSilent(ctx))
	got, err := x.orders.Get(ctx, string(o.ID))
	must(t, err)
	if got.State != checkout.Refunded {
		t.Errorf("the order is %s, want refunded", got.State)
	}
	if due, err := x.payments.Find(ctx, docdb.Query{Index: "check", Limit: 10}); err != nil || len(due.Items) != 0 {
		t.Errorf("%d payments are to be looked at again, %v", len(due.Items), err)
	}
}

// orderless is a driver whose n-th write of an order fails.
type orderless struct {
	docdb.Driver
	after atomic.Int64
}

var errKilled = errors.New("killed")

func (d *orderless) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	if coll == "orders" && d.after.Load() > 0 && d.after.Add(-1) == 0 {
		return errKilled
	}
	return d.Driver.Replace(ctx, coll, rev, doc)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestADeclinedPaymentThatIsPaidAfterAllIsAskedAfter has the word of the second
// try never come.
func TestADeclinedPaymentThatIsPaidAfterAllIsAskedAfter(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	x := newTill(t, nil)
	o := x.place(t)
	p := x.begin(t, o)
	must(t, x.complete(ctx, "bank", pay.Fact{Payment: p.ID, Outcome: pay.Failed, Amount: p.Amount}))
	x.bank.set(p.ID, pay.Succeeded, p.Amount)
	x.clock.Advance(firstCheck + time.Second)
	must(t, x.checkSilent(ctx))
	got, err := x.orders.Get(ctx, string(o.ID))
	must(t, err)
	if got.State != checkout.Paid {
		t.Errorf("the order is %s, want paid", got.State)
	}
}

func TestAnAccountLeavesSoManyOrdersUnpaid(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	ctx := as(t, newBuyer())
	var last error
	for range checkout.MaxUnpaid + 1 {
		x.shelf.add(1)
		q, err := x.Quote(ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: "sku_cup", N: 1}}})
		must(t, err)
		_, last = x.Place(ctx, checkout.Place{Quote: q.ID, Address: "adr_home", RequestID: id.Secret()})
		if last != nil {
			break
		}
	}
	if !errors.Is(last, checkout.ErrUnpaid) {
		t.Errorf("one order too many: %v, want ErrUnpaid", last)
	}
}

// TestAPaidOrdersMoneyThatGoesBackElsewhereIsFrozen has the provider refund by
// its own hand what an order was paid with.
func TestAPaidOrdersMoneyThatGoesBackElsewhereIsFrozen(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	x := newTill(t, nil)
	o := x.place(t)
	p := x.begin(t, o)
	x.bank.set(p.ID, pay.Succeeded, p.Amount)
	must(t, x.complete(ctx, "bank", pay.Fact{Payment: p.ID, Outcome: pay.Succeeded, Amount: p.Amount}))
	must(t, x.complete(ctx, "bank", pay.Fact{Payment: p.ID, Outcome: pay.Refunded, Amount: p.Amount}))
	got, err := x.payments.Get(ctx, string(p.ID))
	must(t, err)
	if got.State != checkout.Frozen {
		t.Errorf("the payment is %s, want frozen", got.State)
	}
}

func TestAnotherProvidersWordIsNotThisPayments(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	p := x.begin(t, x.place(t))
	err := x.complete(t.Context(), "elsewhere", pay.Fact{Payment: p.ID, Outcome: pay.Succeeded, Amount: p.Amount})
	if !errors.Is(err, checkout.ErrNoSuchPayment) {
		t.Errorf("err = %v, want ErrNoSuchPayment", err)
	}
}
