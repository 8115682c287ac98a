package checkoutcore

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
)

// limited makes every quote use one of n places.
func (x *till) limited(n int) {
	x.offers.mu.Lock()
	defer x.offers.mu.Unlock()
	x.offers.left = n
	x.offers.price = func(in promo.PriceAsk) promo.Priced {
		p := plain(in)
		p.Uses = []promo.Use{{Kind: promo.Flash, Rule: "rul_flash", SKU: in.Lines[0].SKU, N: 1}}
		return p
	}
}

func TestAnOrderThatGetsNoPlaceInAnOfferHoldsNothing(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.limited(0)
	x.shelf.add(1)
	buyer := newBuyer()
	ctx := as(t, buyer)
	q, err := x.Quote(ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: "sku_cup", N: 1}}})
	must(t, err)
	_, err = x.Place(ctx, checkout.Place{Quote: q.ID, Address: "adr_home", RequestID: "r"})
	if !errors.Is(err, promo.ErrUsedUp) {
		t.Fatalf("err = %v, want ErrUsedUp", err)
	}
	if o := id.Order(id.Derive("ord", string(buyer), "r")); x.shelf.grip(o).state != "" || x.shelf.available != 1 {
		t.Errorf("units are %q, %d left", x.shelf.grip(o).state, x.shelf.available)
	}
}

func TestAPaidOrdersPlaceIsFinalAndALapsedOneIsTakenAnew(t *testing.T) {
	t.Parallel()
	for name, lapse := range map[string]bool{"held": false, "lapsed": true} {
		x := newTill(t, nil)
		x.limited(2)
		o := x.place(t)
		p := x.begin(t, o)
		x.offers.lapse = lapse
		x.bank.set(p.ID, pay.Succeeded, p.Amount)
		must(t, x.complete(t.Context(), "bank", pay.Fact{Payment: p.ID, Outcome: pay.Succeeded, Amount: p.Amount}))
		got, err := x.orders.Get(t.Context(), string(o.ID))
		must(t, err)
		if got.State != checkout.Paid || x.offers.held[o.ID] != "redeemed" {
			t.Errorf("%s: the order is %s, its place %s", name, got.State, x.offers.held[o.ID])
		}
	}
}

func TestMoneyGoesBackWhenTheOfferIsUsedUp(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.limited(1)
	o := x.place(t)
	p := x.begin(t, o)
	x.clock.Advance(checkout.PayWithin + checkout.HoldGrace + time.Second)
	must(t, x.expire(t.Context(), o.ID))
	must(t, second(x.offers.Release(t.Context(), promo.ByOrder{Order: o.ID})))
	x.limited(0) // somebody else has the place
	x.bank.set(p.ID, pay.Succeeded, p.Amount)
	for range 2 {
		must(t, x.complete(t.Context(), "bank", pay.Fact{Payment: p.ID, Outcome: pay.Succeeded, Amount: p.Amount}))
	}
	got, err := x.orders.Get(t.Context(), string(o.ID))
	must(t, err)
	if got.State != checkout.Refunded || x.bank.bill(p.ID).refunds != 1 || x.shelf.grip(o.ID).state != "returned" {
		t.Errorf("the order is %s, refunded %d times, units %s", got.State, x.bank.bill(p.ID).refunds, x.shelf.grip(o.ID).state)
	}
}

func TestAnOrderThatCostsNothingIsPaidWithoutAProvider(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.offers.price = func(in promo.PriceAsk) promo.Priced {
		p := plain(in)
		p.Lines[0].Saved, p.Lines[0].Platform, p.Saved = p.Lines[0].Amount, p.Lines[0].Amount, p.Lines[0].Amount
		p.Lines[0].Due.Amount, p.Total.Amount, p.Points = 0, 0, 500
		p.Savings = []promo.Saving{{Kind: promo.Points, Amount: p.Saved, Platform: p.Saved, Shares: []int64{p.Saved.Amount}}}
		return p
	}
	o := x.place(t)
	p := x.begin(t, o)
	got, err := x.orders.Get(t.Context(), string(o.ID))
	must(t, err)
	if got.State != checkout.Paid || p.URL == "" || len(x.bank.bills) != 0 {
		t.Errorf("the order is %s, the page %q, the bank has %d bills", got.State, p.URL, len(x.bank.bills))
	}
	r, err := x.Refund(asTill(t.Context()), checkout.AskRefund{Order: o.ID, Units: []checkout.RefundUnits{{N: 1}}, Reason: "r", RequestID: "r"})
	must(t, err)
	if r.Points != 500 || !r.Amount.IsZero() || !r.Whole || !r.Done {
		t.Errorf("%+v", r)
	}
}

// TestAnOrderThatWasKilledIsPlacedByTheNextTry kills the till before and after
// the order is stored. The same request takes nothing twice.
func TestAnOrderThatWasKilledIsPlacedByTheNextTry(t *testing.T) {
	t.Parallel()
	for name, stored := range map[string]bool{"before it is stored": false, "after it is stored": true} {
		dying := &unborn{stored: stored}
		x := newTill(t, func(d docdb.Driver) docdb.Driver { dying.Driver = d; return dying })
		x.limited(1)
		x.shelf.add(1)
		ctx := as(t, newBuyer())
		q, err := x.Quote(ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: "sku_cup", N: 1}}})
		must(t, err)
		in := checkout.Place{Quote: q.ID, Address: "adr_home", RequestID: "r"}
		dying.armed.Store(true)
		if _, err := x.Place(ctx, in); !errors.Is(err, errKilled) {
			t.Fatalf("%s: %v, want killed", name, err)
		}
		o, err := x.Place(ctx, in)
		must(t, err)
		if x.shelf.grip(o.ID).state != "held" || x.shelf.available != 0 || x.offers.held[o.ID] != "held" || x.offers.left != 0 {
			t.Errorf("%s: units %s, %d left; place %s, %d left", name, x.shelf.grip(o.ID).state, x.shelf.available, x.offers.held[o.ID], x.offers.left)
		}
	}
}

// unborn is a driver whose next insert of an order fails, stored or not.
type unborn struct {
	docdb.Driver
	stored bool
	armed  atomic.Bool
}

func (d *unborn) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	if coll != "orders" || !d.armed.CompareAndSwap(true, false) {
		return d.Driver.Insert(ctx, coll, docs...)
	}
	if d.stored {
		if err := d.Driver.Insert(ctx, coll, docs...); err != nil {
			return err
		}
	}
	return errKilled
}

// TestOnePlaceIsSoldToOneOfManyBuyers has many order the last place of an offer
// at once.
func TestOnePlaceIsSoldToOneOfManyBuyers(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.limited(1)
	x.shelf.add(20)
	var wg sync.WaitGroup
	var placed, refused atomic.Int64
	for range 20 {
		wg.Go(func() {
			ctx := as(t, newBuyer())
			q, err := x.Quote(ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: "sku_cup", N: 1}}})
			if err == nil {
				_, err = x.Place(ctx, checkout.Place{Quote: q.ID, Address: "adr_home", RequestID: "r"})
			}
			switch {
			case err == nil:
				placed.Add(1)
			case errors.Is(err, promo.ErrUsedUp):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if placed.Load() != 1 || refused.Load() != 19 || x.shelf.available != 19 {
		t.Errorf("%d placed, %d refused, %d units left", placed.Load(), refused.Load(), x.shelf.available)
	}
}
