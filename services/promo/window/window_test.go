package window_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"meadow/services/kernel/money"
	"meadow/services/promo/window"
	"meadow/services/promo/window/windowtest"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestTheWindowClosesWhenTheLastParcelsDoes(t *testing.T) {
	t.Parallel()
	e := windowtest.Paid("ord_1", "usr_1", noon, 1000, 2000)
	var o window.Order
	o.Paid(e)
	o.Received(windowtest.Received(e, 0, noon, noon.Add(10*time.Hour)))
	if at, ok := o.Closes(); ok {
		t.Fatalf("closes at %v with a parcel on its way", at)
	}
	o.Received(windowtest.Received(e, 1, noon, noon.Add(5*time.Hour)))
	if at, ok := o.Closes(); !ok || !at.Equal(noon.Add(10*time.Hour)) {
		t.Fatalf("Closes() = %v, %v, want ten hours after noon", at, ok)
	}
}

func TestNobodyWaitsForAParcelThatWentBack(t *testing.T) {
	t.Parallel()
	e := windowtest.Paid("ord_1", "usr_1", noon, 1000, 2000)
	var o window.Order
	o.Paid(e)
	o.Received(windowtest.Received(e, 0, noon, noon.Add(time.Hour)))
	o.Refunded(windowtest.Refund(e, "ref_1", 1, 2, false))
	if at, ok := o.Closes(); !ok || !at.Equal(noon.Add(time.Hour)) {
		t.Fatalf("Closes() = %v, %v, want an hour after noon", at, ok)
	}
	if paid, kept := o.Goods(nil); paid != money.CNY(3000) || kept != money.CNY(1000) {
		t.Errorf("Goods() = %v, %v, want 3000 and 1000", paid, kept)
	}
}

func TestEventsInAnyOrderFoldToTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		e := windowtest.Paid("ord_1", "usr_1", noon, 1000, 2000, 30)
		events := []func(*window.Order) bool{
			func(o *window.Order) bool { return o.Paid(e) },
			func(o *window.Order) bool { return o.Received(windowtest.Received(e, 0, noon, noon.Add(time.Hour))) },
			func(o *window.Order) bool {
				return o.Received(windowtest.Received(e, 2, noon, noon.Add(2*time.Hour)))
			},
			func(o *window.Order) bool { return o.Refunded(windowtest.Refund(e, "ref_1", 1, 1, false)) },
			func(o *window.Order) bool { return o.Refunded(windowtest.Refund(e, "ref_2", 1, 1, false)) },
		}
		var want, got window.Order
		for _, f := range events {
			f(&want)
		}
		order := rapid.Permutation([]int{0, 1, 2, 3, 4}).Draw(rt, "order")
		for _, i := range append(order, order...) {
			events[i](&got)
		}
		sorted := cmp.Options{
			cmpopts.SortSlices(func(a, b window.Back) bool { return a.ID < b.ID }),
			cmpopts.SortSlices(func(a, b window.Receipt) bool { return a.Parcel < b.Parcel }),
		}
		if diff := cmp.Diff(want, got, sorted); diff != "" {
			rt.Fatal(diff)
		}
	})
}
