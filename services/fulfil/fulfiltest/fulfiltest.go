package fulfiltest

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/fulfil"
	"meadow/services/fulfil/carrier"
	"meadow/services/kernel/id"
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
		"BuyersSeeTheirParcelsByStage":             testMine,
		"ASilentBoxIsAskedAfter":                   testPoll,
		"ABoxWithoutNewsHasArrivedInTheEnd":        testNoNews,
		"ABoxThatComesBackAndIsPaidBackIsOver":     testComesBack,
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
	for seed := range uint64(6) {
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
