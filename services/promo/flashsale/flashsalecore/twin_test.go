package flashsalecore

import (
	"testing"

	"meadow/services/promo/flashsale/flashsaletest"
)

func TestASlowTwinOfAReleaseLeavesTheNextGenerationAlone(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, end := newShop(t, ctx, &flashsaletest.Neighbours{})
	t.Cleanup(end)
	x := s.start(t, ctx, 2, 1)
	must(t, s.lock(ctx, x, "ord_1", "usr_amy", 1))
	slow, err := s.orders.Get(ctx, "ord_1")
	must(t, err)
	must(t, s.Release(ctx, "ord_1"))
	must(t, s.lock(ctx, x, "ord_1", "usr_amy", 1))
	slow.State = releasing
	must(t, s.giveBack(ctx, slow))
	s.audit(t, ctx, x)
	// Nor does a slow twin of the lock leave anything behind.
	must(t, s.Release(ctx, "ord_1"))
	for _, p := range slow.Parts {
		must(t, s.takeOne(ctx, slow, p))
	}
	must(t, s.lock(ctx, x, "ord_1", "usr_amy", 1))
	s.audit(t, ctx, x)
	must(t, s.Release(ctx, "ord_1"))
	for _, p := range slow.Parts {
		must(t, s.takeOne(ctx, slow, p))
	}
	must(t, s.sweep(ctx))
	s.audit(t, ctx, x)
}
