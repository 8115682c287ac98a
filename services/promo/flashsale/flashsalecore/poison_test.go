package flashsalecore

import (
	"testing"
	"time"

	"meadow/services/promo/flashsale/flashsaletest"
)

// An order whose name no document takes can never be swept, and comes first.
func TestAnOrderThatCannotBeSweptStopsNoOther(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, end := newShop(t, ctx, &flashsaletest.Neighbours{})
	defer end()
	x := s.start(t, ctx, 10, 2)
	bad := order{ID: "ord..0", Gen: "gen", State: returning, Until: s.clock.Now(), Parts: []part{{Cell: x.ID + "/1/sku_1/0", N: 1}}}
	must(t, s.orders.Insert(ctx, string(bad.ID), bad))
	must(t, s.cells.Insert(ctx, "a cell", cell{ID: "a cell", Held: 1, Holds: map[string]hold{"ord..1": {N: 1, Gen: "gen"}, "ord..2": {N: 1, Gen: "gen"}}}))
	must(t, s.lock(ctx, x, "ord_1", "usr_amy", 1))
	s.clock.Advance(time.Hour)
	if err := s.sweep(ctx); err == nil {
		t.Error("the sweep does not say what it could not do")
	}
	if r, err := s.orders.Get(ctx, "ord_1"); err != nil || r.State != free {
		t.Errorf("the order behind it is %s, %v, want free", r.State, err)
	}
}
