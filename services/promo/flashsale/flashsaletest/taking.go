package flashsaletest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/flashsale"
)

func testWindow(t *testing.T, s Shop, _ *Neighbours) {
	p := plan(10, 1)
	p.Start = Start.Add(time.Minute)
	x := started(t, s, p)
	refused(t, "too early", take(t, s, "ord_1", "usr_amy", x, 1), promo.ErrNotYet)
	s.Clock.Advance(time.Minute)
	must(t, take(t, s, "ord_1", "usr_amy", x, 1))
	s.Clock.Advance(59 * time.Minute)
	refused(t, "too late", take(t, s, "ord_2", "usr_ben", x, 1), promo.ErrEnded)
	refused(t, "of no sale", take(t, s, "ord_3", "usr_ben", flashsale.Sale{ID: "fls_none"}, 1), promo.ErrEnded)
}

// rush lets each of n buyers try once, and returns how many got in.
func rush(t *testing.T, s Shop, x flashsale.Sale, tries int, units int64, no *errs.Error, buyer func(int) id.User) int64 {
	t.Helper()
	var got atomic.Int64
	var wg sync.WaitGroup
	for i := range tries {
		wg.Go(func() {
			err := take(t, s, id.Order(fmt.Sprintf("ord_%d", i)), buyer(i), x, units)
			if err == nil {
				got.Add(1)
			} else if !errors.Is(err, no) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return got.Load()
}

func testRace(t *testing.T, s Shop, _ *Neighbours) {
	x := started(t, s, plan(50, 1))
	got := rush(t, s, x, 300, 1, promo.ErrUsedUp, func(i int) id.User { return id.User(fmt.Sprintf("usr_%d", i)) })
	if got != 50 {
		t.Errorf("%d places of 50", got)
	}
	is(t, "afterwards", counts(t, s, x), 0, 50, 0)
}

func testCells(t *testing.T, s Shop, _ *Neighbours) {
	x := started(t, s, plan(1003, 400))
	for i, n := range []int64{400, 400, 200} { // the third finds no cell with as many
		must(t, take(t, s, id.Order(fmt.Sprintf("ord_%d", i)), id.User(fmt.Sprintf("usr_%d", i)), x, n))
	}
	is(t, "almost all", counts(t, s, x), 3, 1000, 0)
	refused(t, "more than there are", take(t, s, "ord_9", "usr_9", x, 4), promo.ErrUsedUp)
	must(t, take(t, s, "ord_9", "usr_9", x, 3))
	must(t, s.Sales.Redeem(system(t), "ord_2"))
	must(t, s.Sales.Release(system(t), "ord_1"))
	is(t, "some of it", counts(t, s, x), 400, 403, 200)
}

func testLimit(t *testing.T, s Shop, n *Neighbours) {
	x := started(t, s, plan(10, 2))
	n.Same("usr_amy", "usr_amy2")
	must(t, take(t, s, "ord_1", "usr_amy", x, 1))
	must(t, take(t, s, "ord_2", "usr_amy2", x, 1))
	refused(t, "a third", take(t, s, "ord_3", "usr_amy", x, 1), promo.ErrLimit)
	must(t, s.Sales.Redeem(system(t), "ord_1"))
	refused(t, "after paying", take(t, s, "ord_4", "usr_amy2", x, 1), promo.ErrLimit)
	must(t, s.Sales.Release(system(t), "ord_2"))
	must(t, take(t, s, "ord_5", "usr_amy", x, 1))
	must(t, take(t, s, "ord_6", "usr_ben", x, 2))
	is(t, "afterwards", counts(t, s, x), 6, 3, 1)
}

func testLimitRace(t *testing.T, s Shop, n *Neighbours) {
	x := started(t, s, plan(100, 3))
	n.Same("usr_amy", "usr_amy2")
	got := rush(t, s, x, 60, 1, promo.ErrLimit, func(i int) id.User { return []id.User{"usr_amy", "usr_amy2"}[i%2] })
	if got != 3 {
		t.Errorf("%d places of 3", got)
	}
	is(t, "afterwards", counts(t, s, x), 97, 3, 0)
}

func testOnce(t *testing.T, s Shop, _ *Neighbours) {
	x := started(t, s, plan(10, 5))
	each := func(f func() error) {
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				if err := f(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	each(func() error { return take(t, s, "ord_1", "usr_amy", x, 2) })
	is(t, "taken", counts(t, s, x), 8, 2, 0)
	each(func() error { return s.Sales.Redeem(system(t), "ord_1") })
	is(t, "redeemed", counts(t, s, x), 8, 0, 2)
	each(func() error { return take(t, s, "ord_1", "usr_amy", x, 2) })
	each(func() error { return s.Sales.Release(system(t), "ord_1") })
	is(t, "a late release", counts(t, s, x), 8, 0, 2)
	each(func() error { return s.Sales.Return(system(t), promo.Return{Order: "ord_1", Whole: true}) })
	is(t, "returned", counts(t, s, x), 10, 0, 0)
	must(t, s.Sales.Redeem(system(t), "ord_none"))
	must(t, s.Sales.Release(system(t), "ord_none"))
	must(t, s.Sales.Return(system(t), promo.Return{Order: "ord_none", Whole: true}))
}

func testRelease(t *testing.T, s Shop, _ *Neighbours) {
	x := started(t, s, plan(1, 1))
	must(t, take(t, s, "ord_1", "usr_amy", x, 1))
	refused(t, "with it taken", take(t, s, "ord_2", "usr_ben", x, 1), promo.ErrUsedUp)
	for range 2 {
		must(t, s.Sales.Release(system(t), "ord_1"))
	}
	must(t, take(t, s, "ord_2", "usr_ben", x, 1))
	refused(t, "the first again", take(t, s, "ord_1", "usr_amy", x, 1), promo.ErrUsedUp)
	must(t, s.Sales.Release(system(t), "ord_2"))
	must(t, take(t, s, "ord_1", "usr_amy", x, 1))
	is(t, "afterwards", counts(t, s, x), 0, 1, 0)
}

func testLapse(t *testing.T, s Shop, _ *Neighbours) {
	x := started(t, s, plan(1, 1))
	must(t, take(t, s, "ord_1", "usr_amy", x, 1))
	s.Clock.Advance(10 * time.Minute)
	must(t, take(t, s, "ord_1", "usr_amy", x, 1)) // holds it longer
	s.Clock.Advance(10 * time.Minute)
	must(t, s.Sweep(system(t)))
	is(t, "within its time", counts(t, s, x), 0, 1, 0)
	s.Clock.Advance(5 * time.Minute)
	must(t, s.Sweep(system(t)))
	is(t, "after it", counts(t, s, x), 1, 0, 0)
	must(t, take(t, s, "ord_2", "usr_amy", x, 1))
}

func testLate(t *testing.T, s Shop, _ *Neighbours) {
	x := started(t, s, plan(5, 1))
	must(t, take(t, s, "ord_1", "usr_amy", x, 1))
	must(t, take(t, s, "ord_2", "usr_ben", x, 1))
	must(t, take(t, s, "ord_3", "usr_cat", x, 1))
	must(t, s.Sales.Release(system(t), "ord_3"))
	s.Clock.Advance(2 * time.Hour)
	must(t, s.Sales.Redeem(system(t), "ord_1")) // it has not been swept
	must(t, s.Sweep(system(t)))
	must(t, take(t, s, "ord_2", "usr_ben", x, 1)) // it had it in time
	refused(t, "more than it had", take(t, s, "ord_3", "usr_cat", x, 2), promo.ErrEnded)
	for range 2 {
		must(t, s.Sales.Redeem(system(t), "ord_2"))
		must(t, s.Sales.Redeem(system(t), "ord_3"))
	}
	is(t, "paid after the end", counts(t, s, x), 2, 0, 3)
	refused(t, "a new order", take(t, s, "ord_4", "usr_dan", x, 1), promo.ErrEnded)
}

func testLateLoses(t *testing.T, s Shop, _ *Neighbours) {
	x := started(t, s, plan(1, 1))
	must(t, take(t, s, "ord_1", "usr_amy", x, 1))
	s.Clock.Advance(20 * time.Minute)
	must(t, s.Sweep(system(t)))
	must(t, take(t, s, "ord_2", "usr_ben", x, 1))
	for range 2 {
		refused(t, "the late one", s.Sales.Redeem(system(t), "ord_1"), promo.ErrUsedUp)
	}
	must(t, s.Sales.Redeem(system(t), "ord_2"))
	is(t, "afterwards", counts(t, s, x), 0, 0, 1)
}

func testKilled(t *testing.T, s Shop, _ *Neighbours) {
	x := started(t, s, plan(5, 1))
	must(t, take(t, s, "ord_1", "usr_amy", x, 1))
	must(t, take(t, s, "ord_2", "usr_ben", x, 1))
	must(t, s.Sales.Release(system(t), "ord_2"))
	_, err := s.Sales.Kill(as(t, "usr_owner"), flashsale.BySale{ID: x.ID})
	must(t, err)
	must(t, s.Sales.Redeem(system(t), "ord_1"))
	refused(t, "what had lapsed", s.Sales.Redeem(system(t), "ord_2"), promo.ErrUsedUp)
	is(t, "afterwards", counts(t, s, x), 4, 0, 1)
}

func testReturn(t *testing.T, s Shop, _ *Neighbours) {
	x := started(t, s, plan(2, 1))
	must(t, take(t, s, "ord_1", "usr_amy", x, 1))
	must(t, s.Sales.Redeem(system(t), "ord_1"))
	must(t, s.Sales.Return(system(t), promo.Return{Order: "ord_1"}))
	is(t, "after a part", counts(t, s, x), 1, 0, 1)
	for range 2 {
		must(t, s.Sales.Return(system(t), promo.Return{Order: "ord_1", Whole: true}))
		must(t, s.Sales.Redeem(system(t), "ord_1")) // a late word of its payment
	}
	is(t, "after all of it", counts(t, s, x), 2, 0, 0)
	must(t, take(t, s, "ord_2", "usr_amy", x, 1)) // she may have one again
	must(t, s.Sales.Return(system(t), promo.Return{Order: "ord_2", Whole: true}))
	refused(t, "an order that went back", take(t, s, "ord_2", "usr_amy", x, 1), promo.ErrEnded)
}

func testAll(t *testing.T, s Shop, _ *Neighbours) {
	p := plan(5, 2)
	p.Items = append(p.Items, flashsale.Allotment{SKU: "sku_2", Price: money.CNY(10_00), N: 1, Limit: 1})
	x := started(t, s, p)
	both := func(order id.Order, buyer id.User) error {
		uses := []promo.Use{
			{Kind: promo.Flash, Rule: x.ID, SKU: "sku_1", N: 1},
			{Kind: promo.Flash, Rule: x.ID, SKU: "sku_2", N: 1},
			{Kind: promo.Flash, Rule: x.ID, SKU: "sku_1", N: 1}, // another line of it
		}
		return s.Sales.Lock(system(t), promo.Lock{Order: order, Buyer: buyer, Uses: uses, Until: s.Clock.Now().Add(15 * time.Minute)}, uses)
	}
	must(t, both("ord_1", "usr_amy"))
	refused(t, "with the last of one taken", both("ord_2", "usr_ben"), promo.ErrUsedUp)
	is(t, "the other", counts(t, s, x), 3, 2, 0)
	must(t, take(t, s, "ord_3", "usr_ben", x, 2))
	must(t, s.Sales.Redeem(system(t), "ord_1"))
	is(t, "afterwards", counts(t, s, x), 1, 2, 2)
}
