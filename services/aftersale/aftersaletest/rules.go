package aftersaletest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
)

func testExchange(t *testing.T, w *World) {
	o := w.sent(1)
	w.Shelf.Available = 3
	w.Shelf.Sell(o.ID, 1)
	a := w.exchange(t, o)
	state(t, a, aftersale.Done)
	if a.Instead == "" || w.Yard.Again(o.ID) != 1 || w.Shelf.Left() != 3 {
		t.Errorf("%+v, %d left", a, w.Shelf.Left())
	}
	w.back(t, o, 0, 0)
	state(t, w.exchange(t, o), aftersale.Done) // the new one may be faulty too
	if w.Yard.Again(o.ID) != 2 || w.Shelf.Left() != 3 {
		t.Errorf("%d sent instead, %d left", w.Yard.Again(o.ID), w.Shelf.Left())
	}
	a = w.agree(t, w.ask(t, o, faulty(o, aftersale.Return, 1))) // and so may the one after it
	ok[sale](t)(w.SendBack(as(t, o.Buyer), aftersale.SendBack{ID: a.ID, Carrier: "other", Tracking: "R2"}))
	a = ok[sale](t)(w.Inspect(shop(t, "mer_a"), aftersale.Inspect{ID: a.ID, Fine: true, Restock: true}))
	state(t, a, aftersale.Done)
	if asked, _ := w.Till.Ask(a.ID); asked.Restock || w.Shelf.Left() != 4 {
		t.Errorf("asked the till for %+v, %d left", asked, w.Shelf.Left())
	}
	w.back(t, o, 1_801, 1)
}

func testSoldOut(t *testing.T, w *World) {
	o := w.sent(1)
	a := w.exchange(t, o)
	state(t, a, aftersale.Done)
	if w.Yard.Again(o.ID) != 0 {
		t.Error("sent without stock")
	}
	w.back(t, o, 1_801, 1)
}

func testPart(t *testing.T, w *World) {
	o := w.sent(1)
	in := faulty(o, aftersale.Money, 1)
	in.Amount = money.CNY(700)
	a := w.agree(t, w.ask(t, o, in))
	state(t, a, aftersale.Done)
	asked, _ := w.Till.Ask(a.ID)
	if asked.Units[0].N != 0 || asked.Amount != money.CNY(700) {
		t.Errorf("asked %+v", asked)
	}
	w.ask(t, o, faulty(o, aftersale.Return, 1)) // the goods are still the buyer's to give back
	w.back(t, o, 700, 1)
}

func testSlow(t *testing.T, w *World) {
	o := w.sent(1)
	w.Till.Slow(true)
	w.Till.Busy(1)
	a := w.agree(t, w.ask(t, o, faulty(o, aftersale.Money, 1)))
	state(t, a, aftersale.Refunding)
	w.pass(t, time.Minute)
	state(t, w.now(t, o, a), aftersale.Refunding)
	w.back(t, o, 1_801, 1)
	w.Till.Slow(false)
	w.pass(t, time.Hour)
	state(t, w.now(t, o, a), aftersale.Done)
	w.back(t, o, 1_801, 1)
}

func testWindow(t *testing.T, w *World) {
	o := w.sent(1)
	w.pass(t, 31*24*time.Hour)
	_, err := w.Open(as(t, o.Buyer), faulty(o, aftersale.Return, 1))
	is(t, err, aftersale.ErrWindow)
	waiting := w.Till.Sell(w.Yard, w.Clock.Now(), 1)
	_, err = w.Open(as(t, waiting.Buyer), faulty(waiting, aftersale.Return, 1))
	is(t, err, aftersale.ErrNotNow)
}

func testEvidence(t *testing.T, w *World) {
	o := w.sent(1)
	in := faulty(o, aftersale.Money, 1)
	in.Evidence = nil
	_, err := w.Open(as(t, o.Buyer), in)
	is(t, err, aftersale.ErrEvidence)
	in.Evidence = []id.Media{"somebody's"}
	_, err = w.Open(as(t, o.Buyer), in)
	is(t, err, aftersale.ErrNoEvidence)
	in.Evidence = []id.Media{"med_1", "med_2"}
	if a := w.ask(t, o, in); len(a.Evidence) != 2 || a.Evidence[1].ID != "med_2" {
		t.Errorf("evidence %+v", a.Evidence)
	}
}

func testPreview(t *testing.T, w *World) {
	o := w.sent(3, 1)
	offer := ok[aftersale.Offer](t)(w.Preview(as(t, o.Buyer), aftersale.Open{Order: o.ID, Kind: aftersale.Return, Units: one(0, 2), Reason: aftersale.Changed}))
	if offer.Amount != money.CNY(2_002) || offer.Shipping.Amount != 0 || offer.Coupons {
		t.Errorf("a part: %+v", offer)
	}
	all := append(one(0, 3), one(1, 1)...)
	offer = ok[aftersale.Offer](t)(w.Preview(as(t, o.Buyer), aftersale.Open{Order: o.ID, Kind: aftersale.Return, Units: all, Reason: aftersale.Changed}))
	if offer.Amount != o.Total || offer.Shipping.Amount != 800 {
		t.Errorf("all: %+v of %v", offer, o.Total)
	}
	offer = ok[aftersale.Offer](t)(w.Preview(as(t, o.Buyer), aftersale.Open{Order: o.ID, Kind: aftersale.Return, Units: one(0, 1), Reason: aftersale.Faulty}))
	if offer.Amount != money.CNY(1_801) {
		t.Errorf("a faulty one: %+v", offer)
	}
	w.back(t, o, 0, 0)
}

func testPrivacy(t *testing.T, w *World) {
	o := w.sent(1)
	a := w.ask(t, o, faulty(o, aftersale.Return, 1))
	for name, ctx := range map[string]context.Context{"somebody": as(t, "usr_x"), "another shop": shop(t, "mer_b")} {
		if _, err := w.AfterSale(ctx, aftersale.ByID{ID: a.ID}); !errors.Is(err, aftersale.ErrNoSuchAfterSale) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := w.Withdraw(as(t, "usr_x"), aftersale.ByID{ID: a.ID})
	is(t, err, aftersale.ErrNoSuchAfterSale)
	_, err = w.Open(as(t, "usr_x"), faulty(o, aftersale.Return, 1))
	is(t, err, checkout.ErrNoSuchOrder)
	if got := ok[aftersale.AfterSales](t)(w.OfOrder(as(t, "usr_x"), aftersale.ByOrder{ID: o.ID})); len(got.Items) > 0 {
		t.Error("others see an order's requests")
	}
}

func testLists(t *testing.T, w *World) {
	first, second, third := w.sent(1), w.sent(1), w.sent(1)
	a := w.agree(t, w.ask(t, first, faulty(first, aftersale.Return, 1)))
	w.Clock.Advance(time.Hour)
	b := w.ask(t, second, faulty(second, aftersale.Return, 1))
	w.Clock.Advance(time.Hour)
	c := w.ask(t, third, faulty(third, aftersale.Return, 1))
	var got []id.AfterSale
	ask := aftersale.List{Ask: page.Ask{Limit: 2}}
	for {
		p := ok[page.Page[sale]](t)(w.OfShop(shop(t, "mer_a"), ask))
		for _, x := range p.Items {
			got = append(got, x.ID)
		}
		if ask.After = p.Next; p.Next == "" {
			break
		}
	}
	if d := cmp.Diff(got, []id.AfterSale{b.ID, c.ID, a.ID}); d != "" {
		t.Error(d)
	}
	mine := ok[page.Page[sale]](t)(w.Mine(as(t, first.Buyer), aftersale.List{State: aftersale.Sending}))
	if len(mine.Items) != 1 || mine.Items[0].ID != a.ID {
		t.Errorf("mine %+v", mine)
	}
}

func testWithdraw(t *testing.T, w *World) {
	o := w.sent(1)
	a := w.ask(t, o, faulty(o, aftersale.Return, 1))
	a = ok[sale](t)(w.Withdraw(as(t, o.Buyer), aftersale.ByID{ID: a.ID}))
	state(t, a, aftersale.Withdrawn)
	again := w.ask(t, o, faulty(o, aftersale.Return, 1))
	_, err := w.Answer(shop(t, "mer_a"), aftersale.Answer{ID: a.ID, Agree: true})
	is(t, err, aftersale.ErrNotNow)
	state(t, w.now(t, o, again), aftersale.Asked)
}

func testSaidTwice(t *testing.T, w *World) {
	o := w.sent(1)
	a := w.agree(t, w.ask(t, o, faulty(o, aftersale.Money, 1)))
	again := w.agree(t, a)
	if d := cmp.Diff(a, again); d != "" {
		t.Errorf("agreed twice: %s", d)
	}
	_, err := w.Answer(shop(t, "mer_a"), aftersale.Answer{ID: a.ID, Text: "no after all"})
	is(t, err, aftersale.ErrNotNow)
	w.back(t, o, 1_801, 1)
}

func testAmounts(t *testing.T, w *World) {
	o := w.sent(2)
	in := faulty(o, aftersale.Money, 1)
	for _, m := range []money.Money{money.CNY(1_802), money.CNY(-1), {Amount: 5, Currency: "USD"}} {
		in.Amount = m
		_, err := w.Open(as(t, o.Buyer), in)
		is(t, err, aftersale.ErrAmount)
	}
	a := w.ask(t, o, faulty(o, aftersale.Money, 1))
	_, err := w.Answer(shop(t, "mer_a"), aftersale.Answer{ID: a.ID, Agree: true, Amount: money.CNY(9_999)})
	is(t, err, aftersale.ErrAmount)
	state(t, w.now(t, o, a), aftersale.Asked)
}

func testReason(t *testing.T, w *World) {
	o := w.sent(1)
	in := faulty(o, aftersale.Money, 1)
	in.Reason = aftersale.Changed
	_, err := w.Open(as(t, o.Buyer), in)
	is(t, err, aftersale.ErrReason)
}

func testElsewhere(t *testing.T, w *World) {
	o := w.sent(1)
	a := w.ask(t, o, faulty(o, aftersale.Money, 1))
	ok[checkout.Refund](t)(w.Till.Refund(t.Context(), checkout.AskRefund{Order: o.ID, Units: []checkout.RefundUnits{{Line: 0, N: 1}}, RequestID: "lapse"}))
	a = w.agree(t, a)
	state(t, a, aftersale.Closed)
	w.back(t, o, 1_801, 1)
	_, err := w.Open(as(t, o.Buyer), faulty(o, aftersale.Money, 1))
	is(t, err, aftersale.ErrUnits)
}

func testRoles(t *testing.T, w *World) {
	o := w.sent(1)
	a := w.ask(t, o, faulty(o, aftersale.Money, 1))
	_, err := w.Answer(shop(t, "mer_b"), aftersale.Answer{ID: a.ID, Agree: true})
	is(t, err, aftersale.ErrNoSuchAfterSale)
	dismissed := actor.With(t.Context(), actor.Actor{User: "usr_dismissed", Merchant: "mer_a"})
	_, err = w.Answer(dismissed, aftersale.Answer{ID: a.ID, Agree: true})
	is(t, err, actor.ErrForbidden)
	_, err = w.Decide(shop(t, "mer_a"), aftersale.Decide{ID: a.ID, Text: "mine"})
	is(t, err, actor.ErrForbidden)
	for _, own := range []id.User{o.Buyer, "usr_mer_a"} { // also while they act for another shop
		insider := actor.With(t.Context(), actor.Actor{User: own, Merchant: "mer_b", Roles: []actor.Role{actor.Operator}})
		_, err = w.Decide(insider, aftersale.Decide{ID: a.ID, Agree: true, Text: "mine"})
		is(t, err, catalog.ErrOwnMoney)
	}
	_, err = w.Decide(operator(t), aftersale.Decide{ID: a.ID, Text: "too early"})
	is(t, err, aftersale.ErrNotNow)
}

// testReceiving opens requests while their parcels are received: each is either
// asked, or nothing of it is left behind.
func testReceiving(t *testing.T, w *World) {
	for range 6 {
		o := w.Till.Sell(w.Yard, w.Clock.Now(), 1)
		var wg sync.WaitGroup
		var cancelled error
		wg.Go(func() {
			_, cancelled = w.Open(as(t, o.Buyer), aftersale.Open{Order: o.ID, Kind: aftersale.Cancel, Units: one(0, 1), Reason: aftersale.Changed, RequestID: id.Secret()})
		})
		wg.Go(func() { w.Yard.Send(o.ID, w.Clock.Now().Add(time.Hour)) })
		wg.Wait()
		if cancelled == nil {
			w.back(t, o, 1_801, 1)
			continue
		}
		is(t, cancelled, aftersale.ErrNotNow)
		a := w.agree(t, w.ask(t, o, faulty(o, aftersale.Money, 1)))
		state(t, a, aftersale.Done)
		w.back(t, o, 1_801, 1)
	}
}
