package flashsalecore

import (
	"errors"
	"testing"
	"time"

	"meadow/services/platform/docdb"
	"meadow/services/promo/flashsale/flashsaletest"
)

func TestAnAuditSeesAPlaceThatWasLostOrMade(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, field := range []string{"left", "held", "sold"} {
		for _, by := range []int64{-1, 1} {
			s, end := newShop(t, ctx, &flashsaletest.Neighbours{})
			x := s.start(t, ctx, 10, 2)
			must(t, s.lock(ctx, x, "ord_1", "usr_amy", 1))
			must(t, s.lock(ctx, x, "ord_2", "usr_ben", 2))
			must(t, s.Redeem(ctx, "ord_2"))
			if all, err := s.Audit(ctx); err != nil || len(all) > 0 {
				t.Fatalf("of a sound shop: %+v, %v", all, err)
			}
			_, err := s.heaps.UpdateIf(ctx, x.ID+"/1/sku_1/0", nil, []docdb.Change{{Field: field, Verb: docdb.Add, Value: by}})
			must(t, err)
			if all, err := s.Audit(ctx); err != nil || len(all) == 0 {
				t.Errorf("%s by %d: %+v, %v", field, by, all, err)
			}
			end()
		}
	}
}

// What a person may have outlives the record of an order that was never paid.
func TestAnAuditKnowsNoLimitOfOrdersThatAreForgotten(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, end := newShop(t, ctx, &flashsaletest.Neighbours{})
	defer end()
	x := s.start(t, ctx, 10, 2)
	must(t, s.lock(ctx, x, "ord_1", "usr_amy", 1))
	must(t, s.Release(ctx, "ord_1"))
	s.clock.Advance(remembered + time.Minute)
	if _, err := s.orders.Get(ctx, "ord_1"); !errors.Is(err, docdb.ErrNotFound) {
		t.Fatalf("the order is still known: %v", err)
	}
	if all, err := s.Audit(ctx); err != nil || len(all) > 0 {
		t.Errorf("%+v, %v", all, err)
	}
}
