package fulfiltest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
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
)

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

func testMine(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 1, ""}, Line{"mer_b", 1, ""}, Line{"mer_c", 1, ""})
	p := w.ship(t, made[0])
	w.ship(t, made[1])
	w.tell(t, arrival(p, w.Clock.Now())...)
	stages := func(ctx context.Context, in fulfil.Mine) (out []fulfil.State) {
		t.Helper()
		for {
			got := ok[page.Page[fulfil.Parcel]](t)(w.Mine(ctx, in))
			for _, p := range got.Items {
				out = append(out, p.State)
			}
			if in.After = got.Next; in.After == "" {
				return out
			}
		}
	}
	buyer := As(t, o.Buyer)
	for stage, want := range map[fulfil.Stage][]fulfil.State{
		fulfil.ToShip: {fulfil.Waiting}, fulfil.ToReceive: {fulfil.Delivered, fulfil.Shipped}, fulfil.Had: nil,
	} {
		if got := stages(buyer, fulfil.Mine{Ask: page.Ask{Limit: 1}, Stage: stage}); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", stage, got, want)
		}
	}
	if got := ok[fulfil.Counts](t)(w.Waiting(buyer, rpc.Empty{})); got != (fulfil.Counts{ToShip: 1, ToReceive: 2}) {
		t.Errorf("counts %+v", got)
	}
	if got := stages(buyer, fulfil.Mine{Orders: string(o.ID) + ",ord_none"}); len(got) != 3 {
		t.Errorf("%d parcels of the order, want 3", len(got))
	}
	for _, in := range []fulfil.Mine{{Stage: fulfil.ToReceive}, {Orders: string(o.ID)}} {
		if got := stages(As(t, "usr_other"), in); len(got) > 0 {
			t.Errorf("another sees %v", got)
		}
	}
	_, err := w.Mine(buyer, fulfil.Mine{Ask: page.Ask{After: "nowhere."}, Stage: fulfil.ToShip})
	is(t, err, page.ErrCursor)
}

func testPoll(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 1, ""})
	p := w.ship(t, made[0])
	told := carrier.Fact{Event: "told", Tracking: p.Shipments[0].Tracking, State: carrier.InTransit, At: w.Clock.Now()}
	w.tell(t, told)
	w.Van.Know(append(arrival(p, w.Clock.Now()), told)...)
	w.Clock.Advance(13 * time.Hour)
	w.work(t)
	p = w.parcels(t, o)[0]
	state(t, p, fulfil.Delivered)
	if n := len(p.Shipments[0].Events); n != 2 {
		t.Errorf("%d events: what was told and asked is one", n)
	}
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
	if p.Lines[0].Dropped != 0 {
		t.Errorf("%d dropped, though the one that was sent went back", p.Lines[0].Dropped)
	}
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
	var wg sync.WaitGroup
	var guesses atomic.Int64
	for range 3 * fulfil.MaxPickupTries {
		wg.Go(func() {
			if _, err := w.PickUp(shop, wrong); errors.Is(err, fulfil.ErrPickupCode) {
				guesses.Add(1)
			} else if !errors.Is(err, fulfil.ErrPickupTries) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := guesses.Load(); n != fulfil.MaxPickupTries {
		t.Errorf("%d codes were tried", n)
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

func testComesBack(t *testing.T, w *World) {
	o, made := w.sell(t, Line{"mer_a", 2, ""})
	w.ship(t, made[0], fulfil.Units{Line: 0, N: 1})
	p := w.ship(t, made[0])
	lost := carrier.Fact{Event: "lost", Tracking: p.Shipments[1].Tracking, State: carrier.Failed, At: w.Clock.Now()}
	w.tell(t, arrival(p, w.Clock.Now())[0], lost)
	w.Clock.Advance(2 * fulfil.NoNews)
	w.work(t)
	state(t, w.parcels(t, o)[0], fulfil.Shipped)
	if err := w.Refunded(t.Context(), checkout.Refund{ID: "rfd_1", Order: o.ID, Lines: []checkout.RefundLine{{Line: 0, N: 1}}}); err != nil {
		t.Fatal(err)
	}
	state(t, w.parcels(t, o)[0], fulfil.Delivered)
}
