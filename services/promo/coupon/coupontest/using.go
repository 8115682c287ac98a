package coupontest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/coupon"
)

func testLockRace(t *testing.T, s Shop, _ *Neighbours) {
	b := started(t, s, nil)
	c := claimed(t, s, b, "usr_amy")
	var got atomic.Int64
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			err := take(t, s, id.Order(fmt.Sprintf("ord_%d", i%20)), "usr_amy", c)
			if err == nil {
				got.Add(1)
			} else if !errors.Is(err, promo.ErrUsedUp) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	mine := shelf(t, s, "usr_amy", coupon.Ready)
	if len(mine) != 1 || mine[0].State != coupon.Locked {
		t.Fatalf("the wallet: %+v", mine)
	}
	if n := counts(t, s, b); got.Load() < 1 || got.Load() > 2 || n.Locked != 1 {
		t.Errorf("%d locks, %d counted", got.Load(), n.Locked)
	}
	refused(t, "somebody else", take(t, s, "ord_x", "usr_ben", c), promo.ErrNotYours)
}

func testLockAll(t *testing.T, s Shop, _ *Neighbours) {
	a, b := started(t, s, nil), started(t, s, nil)
	one, two := claimed(t, s, a, "usr_amy"), claimed(t, s, b, "usr_amy")
	must(t, take(t, s, "ord_1", "usr_amy", one))
	refused(t, "with one of them taken", take(t, s, "ord_2", "usr_amy", one, two), promo.ErrUsedUp)
	must(t, take(t, s, "ord_3", "usr_amy", two))
	must(t, s.Coupons.Release(system(t), "ord_1"))
	must(t, s.Coupons.Release(system(t), "ord_1"))
	must(t, s.Coupons.Release(system(t), "ord_none"))
	must(t, take(t, s, "ord_4", "usr_amy", one))
	if n := counts(t, s, a); n.Locked != 1 {
		t.Errorf("counts %+v", n)
	}
}

func testLapse(t *testing.T, s Shop, _ *Neighbours) {
	b := started(t, s, nil)
	c := claimed(t, s, b, "usr_amy")
	must(t, take(t, s, "ord_1", "usr_amy", c))
	refused(t, "another order", take(t, s, "ord_2", "usr_amy", c), promo.ErrUsedUp)
	s.Clock.Advance(15 * time.Minute)
	must(t, take(t, s, "ord_2", "usr_amy", c)) // nobody has swept
	s.Clock.Advance(15 * time.Minute)
	must(t, s.Sweep(system(t)))
	if n := counts(t, s, b); n.Locked != 0 {
		t.Errorf("counts %+v", n)
	}
	must(t, s.Coupons.Release(system(t), "ord_2"))
	must(t, take(t, s, "ord_3", "usr_amy", c))
	s.Clock.Advance(7 * 24 * time.Hour)
	must(t, s.Sweep(system(t)))
	refused(t, "past its end", take(t, s, "ord_4", "usr_amy", c), promo.ErrEnded)
	must(t, take(t, s, "ord_3", "usr_amy", c)) // it had it in time, and is paid late
}

func testLate(t *testing.T, s Shop, _ *Neighbours) {
	b := started(t, s, nil)
	c := claimed(t, s, b, "usr_amy")
	must(t, take(t, s, "ord_1", "usr_amy", c))
	s.Clock.Advance(8 * 24 * time.Hour)
	must(t, s.Sweep(system(t)))
	for range 2 {
		must(t, s.Coupons.Redeem(system(t), "ord_1"))
	}
	if n := counts(t, s, b); n.Used != 1 || n.Locked != 0 || n.Spent != money.CNY(10_00) {
		t.Errorf("counts %+v", n)
	}
}

func testLateLoses(t *testing.T, s Shop, _ *Neighbours) {
	a, b := started(t, s, nil), started(t, s, nil)
	c, other := claimed(t, s, a, "usr_amy"), claimed(t, s, b, "usr_amy")
	must(t, take(t, s, "ord_1", "usr_amy", c, other))
	s.Clock.Advance(time.Hour)
	must(t, take(t, s, "ord_2", "usr_amy", c))
	for range 2 {
		refused(t, "while the other waits", s.Coupons.Redeem(system(t), "ord_1"), promo.ErrUsedUp)
	}
	must(t, s.Coupons.Redeem(system(t), "ord_2"))
	refused(t, "after the other paid", s.Coupons.Redeem(system(t), "ord_1"), promo.ErrUsedUp)
	must(t, s.Coupons.Release(system(t), "ord_1"))
	if n := counts(t, s, a); n.Used != 1 || n.Spent != money.CNY(10_00) {
		t.Errorf("the one: %+v", n)
	}
	if n := counts(t, s, b); n.Used != 0 || n.Locked != 0 || n.Spent != money.CNY(0) {
		t.Errorf("the other: %+v", n)
	}
	must(t, take(t, s, "ord_3", "usr_amy", other))
}

func testRedeem(t *testing.T, s Shop, _ *Neighbours) {
	b := started(t, s, nil)
	c := claimed(t, s, b, "usr_amy")
	must(t, take(t, s, "ord_1", "usr_amy", c))
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if err := s.Coupons.Redeem(system(t), "ord_1"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	must(t, s.Coupons.Redeem(system(t), "ord_none"))
	must(t, s.Coupons.Release(system(t), "ord_1"))
	must(t, take(t, s, "ord_1", "usr_amy", c))
	if n := counts(t, s, b); n.Used != 1 || n.Locked != 0 || n.Spent != money.CNY(10_00) {
		t.Errorf("counts %+v", n)
	}
	refused(t, "another order", take(t, s, "ord_2", "usr_amy", c), promo.ErrUsedUp)
	if mine := shelf(t, s, "usr_amy", coupon.Used); len(mine) != 1 || mine[0].Order != "ord_1" {
		t.Errorf("used: %+v", mine)
	}
}

func testReturn(t *testing.T, s Shop, _ *Neighbours) {
	b := started(t, s, func(x *coupon.Terms) { x.PerPerson = 2 })
	early, late := claimed(t, s, b, "usr_amy"), claimed(t, s, b, "usr_amy")
	must(t, take(t, s, "ord_1", "usr_amy", early))
	must(t, s.Coupons.Redeem(system(t), "ord_1"))
	must(t, s.Coupons.Return(system(t), promo.Return{Order: "ord_1", RequestID: "request-1"}))
	if n := counts(t, s, b); n.Used != 1 {
		t.Errorf("after a part went back: %+v", n)
	}
	back := promo.Return{Order: "ord_1", Whole: true, RequestID: "request-2"}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := s.Coupons.Return(system(t), back); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := counts(t, s, b); n.Used != 0 || n.Returned != 1 || n.Spent != money.CNY(0) {
		t.Errorf("after all went back: %+v", n)
	}
	for _, c := range shelf(t, s, "usr_amy", coupon.Ready) {
		if !c.ExpiresAt.Equal(early.ExpiresAt) {
			t.Errorf("good until %v, was %v", c.ExpiresAt, early.ExpiresAt)
		}
	}
	must(t, take(t, s, "ord_2", "usr_amy", late))
	must(t, s.Coupons.Redeem(system(t), "ord_2"))
	s.Clock.Advance(30 * 24 * time.Hour)
	must(t, s.Coupons.Return(system(t), promo.Return{Order: "ord_2", Whole: true, RequestID: "request-3"}))
	mine := shelf(t, s, "usr_amy", coupon.Ready)
	if want := s.Clock.Now().Add(coupon.ReturnGrace); len(mine) != 1 || !mine[0].ExpiresAt.Equal(want) || mine[0].ReturnedAt.IsZero() {
		t.Errorf("after its end: %+v", mine)
	}
}

func testReturnedStays(t *testing.T, s Shop, _ *Neighbours) {
	b := started(t, s, nil)
	c := claimed(t, s, b, "usr_amy")
	must(t, take(t, s, "ord_1", "usr_amy", c))
	must(t, s.Coupons.Redeem(system(t), "ord_1"))
	back := promo.Return{Order: "ord_1", Whole: true, RequestID: "request-1"}
	must(t, s.Coupons.Return(system(t), back))
	must(t, s.Coupons.Redeem(system(t), "ord_1")) // a late word of its payment
	if n := counts(t, s, b); n.Used != 0 || n.Locked != 0 {
		t.Errorf("counts %+v", n)
	}
	must(t, take(t, s, "ord_2", "usr_amy", c))
	must(t, s.Coupons.Redeem(system(t), "ord_2"))
	must(t, s.Coupons.Return(system(t), back))
	if n := counts(t, s, b); n.Used != 1 || n.Returned != 1 {
		t.Errorf("counts %+v", n)
	}
}

func testBudget(t *testing.T, s Shop, _ *Neighbours) {
	const affordable = 5
	b := started(t, s, func(x *coupon.Terms) { x.Budget = money.CNY(affordable*10_00 + 9_99) })
	var all []coupon.Coupon
	for i := range 20 {
		all = append(all, claimed(t, s, b, id.User(fmt.Sprintf("usr_%d", i))))
	}
	var mu sync.Mutex
	var won []id.Order
	var wg sync.WaitGroup
	for i, c := range all {
		wg.Go(func() {
			o := id.Order(fmt.Sprintf("ord_%d", i))
			err := take(t, s, o, id.User(fmt.Sprintf("usr_%d", i)), c)
			if errors.Is(err, promo.ErrUsedUp) {
				return
			}
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			won = append(won, o)
		})
	}
	wg.Wait()
	if len(won) != affordable {
		t.Fatalf("%d orders of %d", len(won), affordable)
	}
	must(t, s.Coupons.Release(system(t), won[0]))
	for _, o := range won[1:] {
		must(t, s.Coupons.Redeem(system(t), o))
	}
	if n := counts(t, s, b); n.Spent != money.CNY(40_00) || n.Used != 4 || n.Locked != 0 {
		t.Errorf("counts %+v", n)
	}
	must(t, s.Coupons.Return(system(t), promo.Return{Order: won[1], Whole: true, RequestID: "request-1"}))
	// What two gave back is there for two.
	var taken int
	for i, c := range all {
		if take(t, s, id.Order(fmt.Sprintf("ord_b%d", i)), id.User(fmt.Sprintf("usr_%d", i)), c) == nil {
			taken++
		}
	}
	if n := counts(t, s, b); taken != 2 || n.Locked != 2 || n.Spent != money.CNY(30_00) {
		t.Errorf("%d taken, counts %+v", taken, n)
	}
}

func testKilled(t *testing.T, s Shop, _ *Neighbours) {
	b := started(t, s, func(x *coupon.Terms) { x.PerPerson = 2 })
	held, free := claimed(t, s, b, "usr_amy"), claimed(t, s, b, "usr_amy")
	must(t, take(t, s, "ord_1", "usr_amy", held))
	_, err := s.Coupons.Kill(as(t, "usr_op"), coupon.ByBatch{ID: b.ID})
	must(t, err)
	refused(t, "a lock", take(t, s, "ord_2", "usr_amy", free), promo.ErrEnded)
	must(t, s.Coupons.Redeem(system(t), "ord_1"))
	if mine := shelf(t, s, "usr_amy", coupon.Ready); len(mine) != 0 {
		t.Errorf("ready: %+v", mine)
	}
}

func testShelves(t *testing.T, s Shop, _ *Neighbours) {
	long, short := started(t, s, nil), started(t, s, func(x *coupon.Terms) { x.ValidDays, x.PerPerson = 1, 3 })
	claimed(t, s, long, "usr_amy")
	var some []coupon.Coupon
	for range 3 {
		some = append(some, claimed(t, s, short, "usr_amy"))
	}
	if mine := shelf(t, s, "usr_amy", ""); len(mine) != 4 || mine[3].Batch != long.ID {
		t.Errorf("ready: %+v", mine)
	}
	must(t, take(t, s, "ord_1", "usr_amy", some[0]))
	must(t, s.Coupons.Redeem(system(t), "ord_1"))
	s.Clock.Advance(24 * time.Hour)
	for state, want := range map[coupon.Shelf]int{coupon.Ready: 1, coupon.Used: 1, coupon.Expired: 2} {
		mine := shelf(t, s, "usr_amy", state)
		if len(mine) != want || mine[0].State != state {
			t.Errorf("%s: %+v", state, mine)
		}
	}
	if others := shelf(t, s, "usr_ben", ""); len(others) != 0 {
		t.Errorf("somebody else's: %+v", others)
	}
}

func testOffers(t *testing.T, s Shop, _ *Neighbours) {
	all := started(t, s, nil)
	some := started(t, s, func(x *coupon.Terms) { x.Products = []id.Product{"prd_1"} })
	started(t, s, func(x *coupon.Terms) { x.Categories = []string{"food"} })
	started(t, s, func(x *coupon.Terms) { x.Code = "SECRET1" })
	p, err := s.Coupons.Draft(as(t, "usr_op"), coupon.DraftBatch{Scope: promo.OfPlatform, Terms: terms(), RequestID: "request-1"})
	must(t, err)
	_, err = s.Coupons.Start(as(t, "usr_op"), coupon.ByBatch{ID: p.ID})
	must(t, err)
	claimed(t, s, all, "usr_amy")

	got := map[string]coupon.Offer{}
	in := coupon.Offers{Product: "prd_1"}
	in.Limit = 1
	for {
		found, err := s.Coupons.Offers(as(t, "usr_amy"), in)
		must(t, err)
		for _, o := range found.Items {
			got[o.Batch] = o
		}
		if found.Next == "" {
			break
		}
		in.After = found.Next
	}
	if len(got) != 3 || !got[some.ID].Claimable || !got[p.ID].Claimable {
		t.Errorf("for the product: %+v", got)
	}
	if o := got[all.ID]; o.Claimable || o.Mine != 1 || o.Why != coupon.ErrHave.Reason || o.Left != 99 {
		t.Errorf("what she has: %+v", o)
	}
	if shop, err := s.Coupons.Offers(t.Context(), coupon.Offers{Merchant: "mer_1"}); err != nil || len(shop.Items) != 3 {
		t.Errorf("of the shop, to a visitor: %+v, %v", shop.Items, err)
	}
	if every, err := s.Coupons.Offers(t.Context(), coupon.Offers{All: true}); err != nil || len(every.Items) != 4 {
		t.Errorf("of everybody: %+v, %v", every.Items, err)
	}
}

func ask(buyer id.User, coupons ...string) promo.PriceAsk {
	line := func(p id.Product, m id.Merchant, category string) promo.Line {
		return promo.Line{SKU: id.SKU("sku_" + p), Product: p, Merchant: m, Category: category, N: 1, Price: money.CNY(60_00)}
	}
	return promo.PriceAsk{Buyer: buyer, At: Start, Coupons: coupons, Lines: []promo.Line{
		line("prd_1", "mer_1", "beauty"), line("prd_2", "mer_1", "food"), line("prd_3", "mer_2", "beauty"),
	}}
}

func testRules(t *testing.T, s Shop, _ *Neighbours) {
	all := claimed(t, s, started(t, s, nil), "usr_amy")
	some := claimed(t, s, started(t, s, func(x *coupon.Terms) { x.Categories = []string{"food"} }), "usr_amy")
	none := claimed(t, s, started(t, s, func(x *coupon.Terms) { x.Products = []id.Product{"prd_9"} }), "usr_amy")
	bens := claimed(t, s, started(t, s, nil), "usr_ben")
	rules := func(in promo.PriceAsk) map[string]promo.Rule {
		t.Helper()
		got, err := s.Coupons.Rules(system(t), in)
		must(t, err)
		byRef := map[string]promo.Rule{}
		for _, r := range got {
			byRef[r.Ref] = r
		}
		return byRef
	}
	if got := rules(ask("usr_amy")); len(got) != 0 {
		t.Errorf("with none chosen: %+v", got)
	}
	in := ask("usr_amy", all.ID, none.ID, bens.ID, "cpn_none")
	in.Best = true
	got := rules(in)
	if r := got[all.ID]; len(got) != 4 || len(r.Lines) != 2 || !r.Chosen || r.ID != all.Batch || !r.Limited || r.Merchant != "mer_1" {
		t.Errorf("one for the shop: %+v", r)
	}
	if r := got[some.ID]; len(r.Lines) != 1 || r.Lines[0] != 1 || r.Chosen {
		t.Errorf("one for food: %+v", r)
	}
	if got[none.ID].Refuse != promo.NoGoods || got[bens.ID].Refuse != promo.NotYours {
		t.Errorf("for other goods: %+v; Ben's: %+v", got[none.ID], got[bens.ID])
	}
	must(t, take(t, s, "ord_1", "usr_amy", all))
	if r := rules(in)[all.ID]; r.Refuse != coupon.InUse {
		t.Errorf("locked: %+v", r)
	}
	must(t, s.Coupons.Redeem(system(t), "ord_1"))
	if r := rules(in)[all.ID]; r.Refuse != coupon.Spent {
		t.Errorf("used: %+v", r)
	}
	s.Clock.Advance(7 * 24 * time.Hour)
	if r := rules(ask("usr_amy", some.ID))[some.ID]; r.Refuse != promo.Ended {
		t.Errorf("expired: %+v", r)
	}
}
