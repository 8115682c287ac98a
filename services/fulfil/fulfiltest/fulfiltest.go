package fulfiltest

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/fulfil/carrier"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
	"meadow/services/promo/groupbuy"
)

// Run runs the suite, each test over a world of its own.
func Run(t *testing.T, open func(*testing.T) *World) {
	for name, test := range map[string]func(*testing.T, *World){
		"EachShopSendsItsPartOnce":                 testMade,
		"APartBoughtInATeamWaitsForIt":             testTeam,
		"NoMoreIsSentThanWasBought":                testTogether,
		"ARequestSentTwiceIsOneBox":                testTwice,
		"ATrackingNumberIsOneBoxes":                testNumber,
		"ACarrierThatIsBusyIsAskedAgain":           testBusy,
		"TrackingInAnyOrderLeadsToOneState":        testOrder,
		"TrackingOfAnUnknownBoxIsParked":           testParked,
		"AForgedMessageIsRefused":                  testForged,
		"WhoSaysNothingReceivesByItself":           testAuto,
		"TheBuyersWordReceives":                    testReceive,
		"ASilentBoxIsAskedAfter":                   testPoll,
		"ABoxWithoutNewsHasArrivedInTheEnd":        testNoNews,
		"WhatIsDroppedIsNotSent":                   testDrop,
		"DroppingAgainstSendingHasOneWinner":       testDropOrShip,
		"MoneyBackStopsWhatWasNotSent":             testRefunded,
		"APickUpCodeIsTheBuyersAndIsGuessedSeldom": testPickup,
		"OthersParcelsDoNotExist":                  testPrivacy,
		"AnAddressIsOpenedOnRecord":                testAddress,
		"LateParcelsAreListedFirstDueFirst":        testLate,
		"AnExchangeIsSentOnce":                     testInstead,
		"WhatWasReceivedMayBeRated":                testBought,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, open(t)) })
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func ok[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func state(t *testing.T, p fulfil.Parcel, want fulfil.State) {
	t.Helper()
	if p.State != want {
		t.Errorf("parcel is %s, want %s", p.State, want)
	}
}

func testMade(t *testing.T, w *World) {
	o := w.Till.Sell(w.Clock.Now(), "usr_b", Line{"mer_a", 2, ""}, Line{"mer_b", 1, ""}, Line{"mer_a", 3, ""})
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if err := w.Paid(t.Context(), o.ID); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := w.parcels(t, o)
	if len(got) != 2 {
		t.Fatalf("%d parcels", len(got))
	}
	for _, p := range got {
		state(t, p, fulfil.Waiting)
		want := map[id.Merchant]int64{"mer_a": 5_000, "mer_b": 1_000}[p.Merchant]
		if p.ID != fulfil.ParcelID(o.ID, p.Merchant) || p.Due.Amount != want || p.ShipBy != o.PaidAt.Add(fulfil.ShipWithin) || p.Note != "ring twice" {
			t.Errorf("parcel %+v", p)
		}
	}
}

func testTeam(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 1, "offer"}, Line{"mer_b", 1, ""})
	held := made[slices.IndexFunc(made, func(p fulfil.Parcel) bool { return p.Merchant == "mer_a" })]
	state(t, held, fulfil.Held)
	_, err := w.Ship(AsShop(t, "mer_a"), fulfil.Ship{ID: held.ID, Carrier: "van", RequestID: "request-1"})
	is(t, err, fulfil.ErrHeld)
	w.Clock.Advance(30 * time.Hour)
	team := groupbuy.TeamData{Team: "team", Offer: "offer", Orders: []id.Order{o.ID}}
	for range 2 {
		if err := w.Filled(t.Context(), team); err != nil {
			t.Fatal(err)
		}
	}
	held = ok[fulfil.Parcel](t)(w.Parcel(As(t, o.Buyer), fulfil.ByParcel{ID: held.ID}))
	state(t, held, fulfil.Waiting)
	if want := w.Clock.Now().Add(fulfil.ShipWithin); held.ShipBy != want {
		t.Errorf("to be sent by %v, want %v", held.ShipBy, want)
	}
	// A team may fill before the order's parcels are made.
	early := w.Till.Sell(w.Clock.Now(), "usr_c", Line{"mer_a", 1, "offer"})
	if err := w.Filled(t.Context(), groupbuy.TeamData{Team: "team", Offer: "offer", Orders: []id.Order{early.ID}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Paid(t.Context(), early.ID); err != nil {
		t.Fatal(err)
	}
	state(t, w.parcels(t, early)[0], fulfil.Waiting)
}

func testTogether(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 7, ""})
	var wg sync.WaitGroup
	var mu sync.Mutex
	sent := 0
	for range 12 {
		wg.Go(func() {
			_, err := w.Ship(AsShop(t, "mer_a"), fulfil.Ship{ID: made[0].ID, Carrier: "van", Units: []fulfil.Units{{Line: 0, N: 1}}, RequestID: id.Secret()})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				sent++
			} else if !errors.Is(err, fulfil.ErrNotToSend) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	p := w.parcels(t, o)[0]
	state(t, p, fulfil.Shipped)
	if sent != 7 || p.Lines[0].Sent != 7 || len(p.Shipments) != 7 {
		t.Errorf("%d sent, %d boxes of %d units", sent, len(p.Shipments), p.Lines[0].Sent)
	}
}

func testTwice(t *testing.T, w *World) {
	_, made := w.sell(t, Line{"mer_a", 3, ""})
	in := fulfil.Ship{ID: made[0].ID, Carrier: "van", Units: []fulfil.Units{{Line: 0, N: 2}}, RequestID: "request-1"}
	first := ok[fulfil.Parcel](t)(w.Ship(AsShop(t, "mer_a"), in))
	again := ok[fulfil.Parcel](t)(w.Ship(AsShop(t, "mer_a"), in))
	state(t, again, fulfil.Partly)
	if d := cmp.Diff(first, again); d != "" || len(again.Shipments) != 1 || again.Shipments[0].Tracking == "" {
		t.Errorf("sent twice: %s", d)
	}
	in.Units[0].N = 1
	_, err := w.Ship(AsShop(t, "mer_a"), in)
	is(t, err, rpc.ErrReused)
}

func testNumber(t *testing.T, w *World) {
	_, a := w.sell(t, Line{"mer_a", 1, ""})
	_, b := w.sell(t, Line{"mer_a", 1, ""})
	shop := AsShop(t, "mer_a")
	ok[fulfil.Parcel](t)(w.Ship(shop, fulfil.Ship{ID: a[0].ID, Carrier: fulfil.Other, Tracking: "X1", RequestID: "request-1"}))
	_, err := w.Ship(shop, fulfil.Ship{ID: b[0].ID, Carrier: fulfil.Other, Tracking: "X1", RequestID: "request-2"})
	is(t, err, fulfil.ErrTrackingTaken)
	_, err = w.Ship(shop, fulfil.Ship{ID: b[0].ID, Carrier: fulfil.Other, RequestID: "request-3"})
	is(t, err, fulfil.ErrNoCarrier)
	_, err = w.Ship(shop, fulfil.Ship{ID: b[0].ID, Carrier: "pigeon", RequestID: "request-4"})
	is(t, err, fulfil.ErrNoCarrier)
	// A number is given back if nothing could be sent with it.
	_, err = w.Ship(shop, fulfil.Ship{ID: a[0].ID, Carrier: fulfil.Other, Tracking: "X2", RequestID: "request-5"})
	is(t, err, fulfil.ErrNotToSend)
	ok[fulfil.Parcel](t)(w.Ship(shop, fulfil.Ship{ID: b[0].ID, Carrier: fulfil.Other, Tracking: "X2", RequestID: "request-6"}))
}

func testBusy(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 1, ""})
	w.Van.Refuse(1)
	p := w.ship(t, made[0])
	state(t, p, fulfil.Shipped)
	if p.Shipments[0].Tracking != "" {
		t.Fatal("the van was not busy")
	}
	w.Clock.Advance(2 * time.Minute)
	w.work(t)
	if p = w.parcels(t, o)[0]; p.Shipments[0].Tracking == "" {
		t.Error("the box has no number")
	}
}

// testOrder tells the same facts in many orders, with duplicates.
func testOrder(t *testing.T, w *World) {
	at := w.Clock.Now()
	var want []fulfil.BoxState
	for seed := range uint64(12) {
		o, made := w.sell(t, Line{"mer_a", 2, ""})
		w.ship(t, made[0], fulfil.Units{Line: 0, N: 1})
		p := w.ship(t, made[0])
		var facts []carrier.Fact
		for i, s := range p.Shipments {
			states := []carrier.State{carrier.InTransit, carrier.OutFor, carrier.Failed, carrier.OutFor, carrier.Arrived}
			for j, st := range states[:len(states)-2*i] {
				facts = append(facts, carrier.Fact{Event: string(s.ID) + string(rune('a'+j)), Tracking: s.Tracking, State: st, At: at.Add(time.Duration(j) * time.Hour)})
			}
		}
		facts = append(facts, facts...)
		rng := rand.New(rand.NewPCG(seed, 3))
		rng.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		w.tell(t, facts...)
		p = w.parcels(t, o)[0]
		state(t, p, fulfil.Shipped)
		got := []fulfil.BoxState{p.Shipments[0].State, p.Shipments[1].State}
		if want == nil {
			want = []fulfil.BoxState{fulfil.Arrived, fulfil.Failed}
		}
		if d := cmp.Diff(got, want); d != "" || len(p.Shipments[0].Events) != 5 {
			t.Errorf("seed %d: %s", seed, d)
		}
		w.tell(t, carrier.Fact{Event: string(p.Shipments[1].ID) + "z", Tracking: p.Shipments[1].Tracking, State: carrier.Arrived, At: at.Add(50 * time.Hour)})
		state(t, w.parcels(t, o)[0], fulfil.Delivered)
	}
}

func testParked(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 1, ""})
	w.tell(t, carrier.Fact{Event: "early", Tracking: "van-later", State: carrier.InTransit, At: w.Clock.Now()})
	ok[fulfil.Parcel](t)(w.Ship(AsShop(t, "mer_a"), fulfil.Ship{ID: made[0].ID, Carrier: "van", Tracking: "van-later", RequestID: "request-1"}))
	w.Clock.Advance(10 * time.Minute)
	w.work(t)
	if p := w.parcels(t, o)[0]; p.Shipments[0].State != fulfil.InTransit {
		t.Errorf("box is %s", p.Shipments[0].State)
	}
}

func testForged(t *testing.T, w *World) {
	_, err := w.Tracking(AsPart(t), fulfil.CarrierMessage{Carrier: "van", Signature: "forged", Body: []byte("{}")})
	is(t, err, carrier.ErrSignature)
	_, err = w.Tracking(AsPart(t), fulfil.CarrierMessage{Carrier: "pigeon", Signature: "signed", Body: []byte("{}")})
	is(t, err, fulfil.ErrNoCarrier)
}

func testAuto(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 1, ""})
	p := w.ship(t, made[0])
	w.tell(t, arrival(p, w.Clock.Now().Add(-time.Hour))...)
	w.Clock.Advance(fulfil.AutoReceive - time.Minute)
	w.work(t)
	state(t, w.parcels(t, o)[0], fulfil.Delivered)
	w.Clock.Advance(2 * time.Minute)
	w.work(t)
	p = w.parcels(t, o)[0]
	state(t, p, fulfil.Received)
	if !p.ReturnBy.After(p.ReceivedAt) {
		t.Errorf("returns until %v", p.ReturnBy)
	}
}

func testReceive(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 1, ""})
	_, err := w.Receive(As(t, o.Buyer), fulfil.ByParcel{ID: made[0].ID})
	is(t, err, fulfil.ErrNotSent)
	p := w.ship(t, made[0])
	_, err = w.Receive(As(t, "usr_other"), fulfil.ByParcel{ID: p.ID})
	is(t, err, fulfil.ErrNoSuchParcel)
	first := ok[fulfil.Parcel](t)(w.Receive(As(t, o.Buyer), fulfil.ByParcel{ID: p.ID}))
	w.Clock.Advance(time.Hour)
	again := ok[fulfil.Parcel](t)(w.Receive(As(t, o.Buyer), fulfil.ByParcel{ID: p.ID}))
	state(t, again, fulfil.Received)
	if d := cmp.Diff(first, again); d != "" {
		t.Errorf("received twice: %s", d)
	}
	w.tell(t, arrival(p, w.Clock.Now())...) // what comes late changes no more
	state(t, w.parcels(t, o)[0], fulfil.Received)
}

func testPoll(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 1, ""})
	p := w.ship(t, made[0])
	w.Van.Know(arrival(p, w.Clock.Now())...)
	w.Clock.Advance(13 * time.Hour)
	w.work(t)
	state(t, w.parcels(t, o)[0], fulfil.Delivered)
}

func testNoNews(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 1, ""})
	ok[fulfil.Parcel](t)(w.Ship(AsShop(t, "mer_a"), fulfil.Ship{ID: made[0].ID, Carrier: fulfil.Other, Tracking: "N1", RequestID: "request-1"}))
	w.Clock.Advance(fulfil.NoNews - time.Hour)
	w.work(t)
	state(t, w.parcels(t, o)[0], fulfil.Shipped)
	w.Clock.Advance(14 * time.Hour)
	w.work(t)
	state(t, w.parcels(t, o)[0], fulfil.Delivered)
}

func testDrop(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 3, ""})
	in := fulfil.Drop{Order: o.ID, Units: []fulfil.Units{{Line: 0, N: 2}}, RequestID: "afs_1"}
	_, err := w.Drop(As(t, o.Buyer), in)
	is(t, err, actor.ErrForbidden)
	for range 2 {
		p := ok[fulfil.Parcel](t)(w.Drop(AsPart(t), in))
		if p.Lines[0].Dropped != 2 {
			t.Errorf("%d dropped", p.Lines[0].Dropped)
		}
	}
	// The refund of what was dropped drops nothing more.
	if err := w.Refunded(t.Context(), checkout.Refund{ID: "rfd_1", Order: o.ID, Lines: []checkout.RefundLine{{Line: 0, N: 2}}}); err != nil {
		t.Fatal(err)
	}
	p := w.ship(t, made[0])
	state(t, p, fulfil.Shipped)
	if p.Lines[0].Sent != 1 {
		t.Errorf("%d sent", p.Lines[0].Sent)
	}
	_, err = w.Drop(AsPart(t), fulfil.Drop{Order: o.ID, Units: []fulfil.Units{{Line: 0, N: 1}}, RequestID: "afs_2"})
	is(t, err, fulfil.ErrNotToSend)
	o, _ = w.sell(t, Line{"mer_a", 1, ""})
	state(t, ok[fulfil.Parcel](t)(w.Drop(AsPart(t), fulfil.Drop{Order: o.ID, Units: []fulfil.Units{{Line: 0, N: 1}}, RequestID: "afs_3"})), fulfil.Cancelled)
}

func testDropOrShip(t *testing.T, w *World) {
	for range 8 {
		o, made := w.sell(t, Line{"mer_a", 1, ""})
		var wg sync.WaitGroup
		var sent, dropped error
		wg.Go(func() {
			_, sent = w.Ship(AsShop(t, "mer_a"), fulfil.Ship{ID: made[0].ID, Carrier: "van", RequestID: id.Secret()})
		})
		wg.Go(func() {
			_, dropped = w.Drop(AsPart(t), fulfil.Drop{Order: o.ID, Units: []fulfil.Units{{Line: 0, N: 1}}, RequestID: id.Secret()})
		})
		wg.Wait()
		if (sent == nil) == (dropped == nil) {
			t.Errorf("sent: %v, dropped: %v", sent, dropped)
		}
	}
}

func testRefunded(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 3, ""}, Line{"mer_b", 1, ""})
	a := made[slices.IndexFunc(made, func(p fulfil.Parcel) bool { return p.Merchant == "mer_a" })]
	w.ship(t, a, fulfil.Units{Line: 0, N: 1})
	back := func(refund string, n int64) {
		t.Helper()
		for range 2 {
			if err := w.Refunded(t.Context(), checkout.Refund{ID: refund, Order: o.ID, Lines: []checkout.RefundLine{{Line: 0, N: n}}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	back("rfd_1", 1) // the one that was sent may be meant
	p := ok[fulfil.Parcel](t)(w.Parcel(As(t, o.Buyer), fulfil.ByParcel{ID: a.ID}))
	state(t, p, fulfil.Partly)
	back("rfd_2", 2) // nothing is left to send
	p = ok[fulfil.Parcel](t)(w.Parcel(As(t, o.Buyer), fulfil.ByParcel{ID: a.ID}))
	state(t, p, fulfil.Shipped)
	// Of an order whose parcels nobody has made yet, none are sent either.
	early := w.Till.Sell(w.Clock.Now(), "usr_c", Line{"mer_a", 2, "offer"})
	if err := w.Refunded(t.Context(), checkout.Refund{ID: "rfd_3", Order: early.ID, Lines: []checkout.RefundLine{{Line: 0, N: 2}}}); err != nil {
		t.Fatal(err)
	}
	state(t, w.parcels(t, early)[0], fulfil.Cancelled)
}

func testPickup(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 2, ""})
	shop := AsShop(t, "mer_a")
	if made[0].PickupCode != "" {
		t.Error("a parcel that is sent has a code")
	}
	p := ok[fulfil.Parcel](t)(w.Ship(shop, fulfil.Ship{ID: made[0].ID, Carrier: fulfil.PickUpHere, RequestID: "request-1"}))
	code := w.parcels(t, o)[0].PickupCode
	if p.PickupCode != "" || len(code) != 8 {
		t.Errorf("the shop sees %q, the buyer %q", p.PickupCode, code)
	}
	wrong := fulfil.PickUp{ID: p.ID, Code: "0000000"}
	for range fulfil.MaxPickupTries {
		_, err := w.PickUp(shop, wrong)
		is(t, err, fulfil.ErrPickupCode)
	}
	_, err := w.PickUp(shop, fulfil.PickUp{ID: p.ID, Code: code})
	is(t, err, fulfil.ErrPickupTries)
	w.Clock.Advance(fulfil.PickupLock)
	for range 2 {
		p = ok[fulfil.Parcel](t)(w.PickUp(shop, fulfil.PickUp{ID: p.ID, Code: code}))
		state(t, p, fulfil.Received)
	}
	if p.Lines[0].Sent != 2 || p.ReturnBy.IsZero() {
		t.Errorf("handed over: %+v", p)
	}
}

func testPrivacy(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 1, ""})
	by := fulfil.ByParcel{ID: made[0].ID}
	for name, ctx := range map[string]context.Context{"somebody": As(t, "usr_other"), "another shop": AsShop(t, "mer_b")} {
		if _, err := w.Parcel(ctx, by); !errors.Is(err, fulfil.ErrNoSuchParcel) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := w.Ship(AsShop(t, "mer_b"), fulfil.Ship{ID: by.ID, Carrier: "van", RequestID: "request-1"})
	is(t, err, fulfil.ErrNoSuchParcel)
	dismissed := actor.With(t.Context(), actor.Actor{User: "usr_dismissed", Merchant: "mer_a"})
	_, err = w.ToSend(dismissed, fulfil.Parcels{})
	is(t, err, actor.ErrForbidden)
	all := ok[fulfil.ParcelList](t)(w.OfOrder(As(t, "usr_other"), fulfil.ByOrder{ID: o.ID}))
	if len(all.Items) > 0 {
		t.Error("others see an order's parcels")
	}
	ok[fulfil.Parcel](t)(w.Note(AsShop(t, "mer_a"), fulfil.AddNote{ID: by.ID, Text: "difficult"}))
	for _, s := range w.parcels(t, o)[0].Log {
		if s.What == "note" {
			t.Error("the buyer sees the shop's notes")
		}
	}
}

func testAddress(t *testing.T, w *World) {
	_, made := w.sell(t, Line{"mer_a", 1, ""})
	before := maps.Clone(w.Openings())
	to := ok[fulfil.Destination](t)(w.OpenAddress(AsShop(t, "mer_a"), fulfil.ByParcel{ID: made[0].ID}))
	if to.Name == "" || to.Line == "" {
		t.Errorf("address %+v", to)
	}
	reason := "send parcel " + string(made[0].ID)
	if w.Openings()[reason] != before[reason]+1 {
		t.Errorf("opened %v", w.Openings())
	}
	_, err := w.OpenAddress(AsShop(t, "mer_b"), fulfil.ByParcel{ID: made[0].ID})
	is(t, err, fulfil.ErrNoSuchParcel)
}

func testLate(t *testing.T, w *World) {
	_, first := w.sell(t, Line{"mer_a", 1, ""})
	w.Clock.Advance(time.Hour)
	_, second := w.sell(t, Line{"mer_a", 1, ""})
	_, sent := w.sell(t, Line{"mer_a", 1, ""})
	w.ship(t, sent[0])
	late := func() (out []id.Parcel) {
		for _, p := range ok[page.Page[fulfil.Parcel]](t)(w.ToSend(AsShop(t, "mer_a"), fulfil.Parcels{Late: true})).Items {
			out = append(out, p.ID)
		}
		return out
	}
	if got := late(); len(got) > 0 {
		t.Errorf("late already: %v", got)
	}
	w.Clock.Advance(fulfil.ShipWithin + time.Minute)
	want := []id.Parcel{first[0].ID, second[0].ID}
	if d := cmp.Diff(late(), want); d != "" {
		t.Error(d)
	}
	w.ship(t, first[0])
	if d := cmp.Diff(late(), want[1:]); d != "" {
		t.Error(d)
	}
}

func testInstead(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 2, ""})
	p := w.ship(t, made[0])
	in := fulfil.Instead{Parcel: p.ID, AfterSale: "afs_1", Units: []fulfil.Units{{Line: 0, N: 1}}}
	first := ok[fulfil.Parcel](t)(w.Instead(AsPart(t), in))
	again := ok[fulfil.Parcel](t)(w.Instead(AsPart(t), in))
	state(t, again, fulfil.Waiting)
	if first.ID != again.ID || len(w.parcels(t, o)) != 2 || again.For != "afs_1" {
		t.Errorf("sent instead: %+v", again)
	}
	// Its units are not the order's: dropping those finds nothing to drop.
	_, err := w.Drop(AsPart(t), fulfil.Drop{Order: o.ID, Units: []fulfil.Units{{Line: 0, N: 1}}, RequestID: "afs_2"})
	is(t, err, fulfil.ErrNotToSend)
}

func testBought(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 2, ""})
	w.ship(t, made[0])
	ask := fulfil.Bought{User: o.Buyer, Product: "prd_cup"}
	if got := ok[fulfil.BoughtList](t)(w.Bought(AsPart(t), ask)); len(got.Items) > 0 {
		t.Error("bought before it was received")
	}
	ok[fulfil.Parcel](t)(w.Receive(As(t, o.Buyer), fulfil.ByParcel{ID: made[0].ID}))
	w.work(t)
	got := ok[fulfil.BoughtList](t)(w.Bought(AsPart(t), ask))
	if len(got.Items) != 1 || got.Items[0].N != 2 || got.Items[0].Order != o.ID {
		t.Errorf("bought %+v", got)
	}
}
