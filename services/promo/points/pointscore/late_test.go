package pointscore

import (
	"errors"
	"testing"

	"meadow/services/platform/docdb"
	"meadow/services/promo/points"
	"meadow/services/promo/window/windowtest"
)

// Killed after the account took a step and before its order dropped it, the shop
// comes back when the account has long forgotten.
func TestAStepIsTakenOnceHoweverLateTheShopComesBack(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	must(t, w.Paid(ctx, windowtest.Paid("ord_1", "usr_amy", w.Clock.Now(), 10_000)))
	steps := []step{{ID: "ptm_1", Cause: points.Granted, N: 7, Expiry: expiry(w.Clock.Now()), At: w.Clock.Now()}}
	o, err := w.decide(ctx, "ord_1", func(o *order) error {
		o.Steps = steps
		return nil
	})
	must(t, err, w.carry(ctx, o))
	_, err = w.decide(ctx, "ord_1", func(o *order) error {
		o.Steps = steps
		return nil
	})
	must(t, err)
	w.Clock.Advance(2 * remember)
	_, err = w.change(ctx, "usr_amy", func(*account) error { return nil })
	must(t, err)
	if a, err := w.accounts.Get(ctx, "usr_amy"); err != nil || len(a.Done) != 0 {
		t.Fatalf("the account still knows %v, %v", a.Done, err)
	}
	w.settle(t, ctx)
	w.has(t, "usr_amy", 7, 0, 100, 0)
	if _, err := w.moves.Get(ctx, "ptm_1"); errors.Is(err, docdb.ErrNotFound) {
		t.Error("the step is not on record")
	}
}
