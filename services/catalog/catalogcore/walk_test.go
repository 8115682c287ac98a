package catalogcore

import (
	"testing"
	"time"
)

// An order whose name no cell takes can never be swept, and comes first.
func TestAReservationThatCannotBeSweptStopsNoOther(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w, end := newWarehouse(t, ctx, 5)
	defer end()
	bad := reservation{ID: "ord..0", Gen: "gen", State: releasing, Until: w.clock.Now(), Parts: []part{{SKU: w.sku, N: 1, Cell: "cel_0"}}}
	if err := w.reservations.Insert(ctx, string(bad.ID), bad); err != nil {
		t.Fatal(err)
	}
	lost := map[string]hold{"ord..1": {N: 1, Gen: "gen"}}
	if err := w.cells.Insert(ctx, "a", cell{ID: "a", SKU: "sku_0", Held: 1, Holds: lost, Marks: map[string]bool{}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Reserve(ctx, w.order("ord_1", 2)); err != nil {
		t.Fatal(err)
	}
	// What a try that was killed left behind, in the cell behind the other.
	left := map[string]hold{"ord_2": {N: 1, Gen: "gen"}}
	if err := w.cells.Insert(ctx, "b", cell{ID: "b", SKU: "sku_0", Held: 1, Holds: left, Marks: map[string]bool{}}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(2 * time.Hour)
	if err := w.sweep(ctx); err == nil {
		t.Error("the sweep does not say what it could not do")
	}
	if s, err := w.count(ctx, w.sku); err != nil || s.Held != 0 || s.Available != 5 {
		t.Errorf("behind it %d are held, %d can be had (%v); want 0 and 5", s.Held, s.Available, err)
	}
	if x, err := w.cells.Get(ctx, "b"); err != nil || x.Held != 0 {
		t.Errorf("behind it a cell holds %d, %v", x.Held, err)
	}
}
