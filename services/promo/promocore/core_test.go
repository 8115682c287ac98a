package promocore

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/checkout"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
)

func TestAnOrderTakesAllItsPromotionsOrNone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 5, 1) // two places are asked for
	if _, err := d.Lock(t.Context(), d.ask("ord_1")); !errors.Is(err, promo.ErrUsedUp) {
		t.Fatalf("lock: %v", err)
	}
	d.is(t, "ord_1", 5, 1, false, false)
	d.places.left = 2
	if _, err := d.Lock(t.Context(), d.ask("ord_1")); err != nil {
		t.Fatalf("once there is enough: %v", err)
	}
	d.is(t, "ord_1", 4, 0, true, false)
}

func TestEveryVerbMayBeCalledAgain(t *testing.T) {
	t.Parallel()
	d, ctx, o := newDesk(t, 5, 5), t.Context(), promo.ByOrder{Order: "ord_1"}
	ask := d.ask(o.Order)
	for range 2 {
		if _, err := d.Lock(ctx, ask); err != nil {
			t.Fatal(err)
		}
	}
	other := ask
	other.Uses = ask.Uses[:1]
	if _, err := d.Lock(ctx, other); !errors.Is(err, rpc.ErrReused) {
		t.Fatalf("other uses under one order: %v", err)
	}
	d.is(t, o.Order, 4, 3, true, false)
	for range 2 {
		if _, err := d.Redeem(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Closed(ctx, o.Order); err != nil {
		t.Fatal(err)
	}
	d.is(t, o.Order, 4, 3, true, true) // what is paid is not released
	part := checkout.Refund{ID: "rfd_1", Order: o.Order, Points: 7}
	for _, e := range []checkout.Refund{part, part, {ID: "rfd_2", Order: o.Order, Points: 3, Whole: true}, {ID: "rfd_2", Order: o.Order, Points: 3, Whole: true}} {
		if err := d.Refunded(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	d.is(t, o.Order, 5, 5, false, false)
	if d.coupons.points != 10 {
		t.Errorf("%d points back, want 10", d.coupons.points)
	}
}

func TestAnOrderThatTakesNothingLeavesNothing(t *testing.T) {
	t.Parallel()
	d, ctx := newDesk(t, 1, 1), t.Context()
	if _, err := d.Lock(ctx, promo.Lock{Order: "ord_0", Buyer: "usr_b"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Redeem(ctx, promo.ByOrder{Order: "ord_0"}); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := d.get(ctx, "ord_0"); ok || err != nil {
		t.Fatalf("a plan was written: %v", err)
	}
	if _, err := d.Lock(ctx, promo.Lock{Order: "ord_1", Buyer: "usr_b", Uses: []promo.Use{{Kind: "barter"}}}); !errors.Is(err, errs.ErrInvalid) {
		t.Fatalf("a kind that is not offered: %v", err)
	}
}

func TestNoMoreOrdersThanPlacesAtTheSameTime(t *testing.T) {
	t.Parallel()
	d, ctx := newDesk(t, 100, 10), t.Context()
	var wg sync.WaitGroup
	var won atomic.Int64
	for i := range 30 {
		wg.Go(func() {
			o := id.Order(fmt.Sprint("ord_", i%15)) // everybody asks twice
			_, err := d.Lock(ctx, d.ask(o))
			if err == nil {
				_, err = d.Redeem(ctx, promo.ByOrder{Order: o})
			}
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, promo.ErrUsedUp) && errs.CodeOf(err) != errs.Conflict:
				t.Errorf("%s: %v", o, err)
			}
		})
	}
	wg.Wait()
	if len(d.places.orders) != len(d.coupons.orders) {
		t.Fatalf("%d orders have places, %d coupons", len(d.places.orders), len(d.coupons.orders))
	}
	d.clock.Advance(time.Hour)
	if err := d.sweep(ctx); err != nil {
		t.Fatal(err)
	}
	coupons, _, _ := d.coupons.has("")
	places, _, _ := d.places.has("")
	if n := int64(len(d.places.orders)); n > 5 || places != 10-2*n || coupons != 100-n || int64(len(d.coupons.orders)) != n {
		t.Fatalf("%d orders have places (%d left), %d coupons (%d left)", n, places, len(d.coupons.orders), coupons)
	}
}

func TestWhatASlowTwinTookIsGivenBackToo(t *testing.T) {
	t.Parallel()
	d, ctx := newDesk(t, 5, 5), t.Context()
	if _, err := d.Lock(ctx, d.ask("ord_1")); err != nil {
		t.Fatal(err)
	}
	if err := d.Closed(ctx, "ord_1"); err != nil {
		t.Fatal(err)
	}
	// Another process was in the middle of the same Lock, and died after this.
	late := d.ask("ord_1")
	if err := d.coupons.Lock(ctx, late, late.Uses[1:]); err != nil {
		t.Fatal(err)
	}
	d.clock.Advance(2 * patience)
	if err := d.sweep(ctx); err != nil {
		t.Fatal(err)
	}
	d.is(t, "ord_1", 5, 5, false, false)
	p, _, err := d.get(ctx, "ord_1")
	if err != nil || !p.Due.IsZero() {
		t.Fatalf("nothing is left to do for it: %v, due %v", err, p.Due)
	}
}

func TestWhatIsNotPaidLapses(t *testing.T) {
	t.Parallel()
	d, ctx := newDesk(t, 5, 5), t.Context()
	if _, err := d.Lock(ctx, d.ask("ord_1")); err != nil {
		t.Fatal(err)
	}
	d.clock.Advance(22 * time.Minute)
	if wrong, err := d.Audit(ctx); err != nil || len(wrong) != 1 {
		t.Fatalf("an audit before the job says %v, %v", wrong, err)
	}
	if err := d.sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if wrong, err := d.Audit(ctx); err != nil || len(wrong) != 0 {
		t.Fatalf("an audit after it says %v, %v", wrong, err)
	}
	d.is(t, "ord_1", 5, 5, false, false)
	// Paid late: taken anew while there is some.
	if _, err := d.Redeem(ctx, promo.ByOrder{Order: "ord_1"}); err != nil {
		t.Fatal(err)
	}
	d.is(t, "ord_1", 4, 3, true, true)
}

func TestWhatIsPaidTooLateIsUndoneWhole(t *testing.T) {
	t.Parallel()
	d, ctx, o := newDesk(t, 5, 2), t.Context(), promo.ByOrder{Order: "ord_1"}
	if _, err := d.Lock(ctx, d.ask(o.Order)); err != nil {
		t.Fatal(err)
	}
	if err := d.Closed(ctx, o.Order); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock(ctx, d.ask("ord_2")); err != nil { // the last places
		t.Fatal(err)
	}
	for range 2 {
		if _, err := d.Redeem(ctx, o); !errors.Is(err, promo.ErrUsedUp) {
			t.Fatalf("redeem: %v", err)
		}
	}
	d.is(t, o.Order, 4, 0, false, false)
	// The money went back: a late message does not take anything any more.
	if err := d.Closed(ctx, "ord_2"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Redeem(ctx, o); !errors.Is(err, promo.ErrUsedUp) {
		t.Fatalf("once lost, always lost: %v", err)
	}
	d.is(t, o.Order, 5, 2, false, false)
}

// life is all that happens to an order: taken, paid, sent back.
func (d *desk) life(t *testing.T, o id.Order, upTo int) error {
	ctx := t.Context()
	steps := []func() error{
		func() error { _, err := d.Lock(ctx, d.ask(o)); return err },
		func() error { _, err := d.Redeem(ctx, promo.ByOrder{Order: o}); return err },
		func() error { return d.Refunded(ctx, checkout.Refund{ID: "rfd", Order: o, Whole: true}) },
	}
	for _, step := range steps[:upTo] {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func TestAKillBetweenAnyTwoWritesIsFinishedByAskingAgain(t *testing.T) {
	t.Parallel()
	for writes := range int64(6) {
		for upTo := 1; upTo <= 3; upTo++ {
			d := newDesk(t, 5, 5)
			d.lives.Store(writes)
			first := d.life(t, "ord_1", upTo)
			d.lives.Store(forever)
			if first == nil && writes < int64(2*upTo) {
				t.Fatalf("%d writes were enough for %d steps", writes, upTo)
			}
			ask := d.life(t, "ord_1", upTo)
			if upTo == 3 && errors.Is(ask, promo.ErrEnded) {
				ask = d.Refunded(t.Context(), checkout.Refund{ID: "rfd", Order: "ord_1", Whole: true}) // it was returned already
			}
			if ask != nil {
				t.Fatalf("%d writes, %d steps: %v", writes, upTo, ask)
			}
			if upTo == 3 {
				d.is(t, "ord_1", 5, 5, false, false)
			} else {
				d.is(t, "ord_1", 4, 3, true, upTo == 2)
			}
		}
	}
}

func TestAKillBetweenAnyTwoWritesIsFinishedOrUndoneByTheJob(t *testing.T) {
	t.Parallel()
	for writes := range int64(6) {
		d := newDesk(t, 5, 5)
		d.lives.Store(writes)
		if err := d.life(t, "ord_1", 3); !errors.Is(err, errKilled) {
			t.Fatalf("after %d writes: %v", writes, err)
		}
		d.lives.Store(forever)
		d.clock.Advance(time.Hour)
		if err := d.sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		switch p, ok, err := d.get(t.Context(), "ord_1"); {
		case err != nil:
			t.Fatal(err)
		case ok && p.State == redeemed:
			d.is(t, "ord_1", 4, 3, true, true)
		case !ok || p.State == released || p.State == returned:
			d.is(t, "ord_1", 5, 5, false, false)
		default:
			t.Fatalf("after %d writes it is left %s", writes, p.State)
		}
	}
}

func TestASourceThatFailsAfterItsWorkLeavesNothingHalf(t *testing.T) {
	t.Parallel()
	for _, which := range []int{0, 1} {
		for call := int64(1); call <= 3; call++ {
			d := newDesk(t, 5, 5)
			s := []*shelf{d.coupons, d.places}[which]
			s.fail.Store(call)
			if err := d.life(t, "ord_1", 3); !errors.Is(err, errDown) {
				t.Fatalf("call %d: %v", call, err)
			}
			d.clock.Advance(time.Hour)
			if err := d.sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			// A lock whose outcome nobody asked after is given back; what was being redeemed
			// is redeemed; what was going back is back.
			if call == 2 {
				d.is(t, "ord_1", 4, 3, true, true)
			} else {
				d.is(t, "ord_1", 5, 5, false, false)
			}
		}
	}
}

func TestThePriceIsOfAllSourcesTogether(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 5, 5)
	d.coupons.rules = []promo.Rule{{ID: "c", Ref: "c1", Kind: promo.Coupon, Scope: promo.OfPlatform, Lines: []int{0, 1}, Tiers: []promo.Tier{{Off: money.CNY(1_000)}}, Limited: true}}
	d.places.rules = []promo.Rule{{ID: "noon", Kind: promo.Flash, Scope: promo.OfPlatform, Lines: []int{0}, Price: money.CNY(4_000), Limited: true}}
	ask := promo.PriceAsk{Best: true, Lines: []promo.Line{
		{SKU: "sku_1", Merchant: "mer_1", N: 1, Price: money.CNY(5_000), Deal: promo.Deal{Kind: promo.Flash, ID: "noon"}},
		{SKU: "sku_2", Merchant: "mer_1", N: 1, Price: money.CNY(3_000)},
	}}
	p, err := d.Price(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	if p.Total != money.CNY(6_000) || len(p.Uses) != 2 {
		t.Fatalf("total %v, uses %+v", p.Total, p.Uses)
	}
	if _, err := d.Lock(t.Context(), promo.Lock{Order: "ord_1", Buyer: "usr_b", Uses: p.Uses, Until: d.clock.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	d.places.rules[0].Refuse = promo.OverLimit
	if _, err := d.Price(t.Context(), ask); !errors.Is(err, promo.ErrLimit) {
		t.Fatalf("a deal one may not have: %v", err)
	}
}
