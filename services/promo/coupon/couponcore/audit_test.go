package couponcore

import (
	"testing"
	"time"

	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/coupon/coupontest"
)

func TestAnAuditSeesACouponOrABudgetThatWasLostOrMade(t *testing.T) {
	t.Parallel()
	s := newShop(t, &coupontest.Neighbours{})
	b, r := issued(t, s)
	uses := []promo.Use{{Kind: promo.Coupon, Rule: b.ID, Ref: r.ID, N: 1, Amount: money.CNY(10_00)}}
	must(t, s.Lock(t.Context(), promo.Lock{Order: "ord_1", Buyer: "usr_amy", Uses: uses, Until: s.clock.Now().Add(15 * time.Minute)}, uses))
	sound := func(want bool, what string) {
		t.Helper()
		if all, err := s.Audit(t.Context()); err != nil || (len(all) == 0) != want {
			t.Errorf("%s: %+v, %v", what, all, err)
		}
	}
	sound(true, "locked")
	must(t, s.Redeem(t.Context(), "ord_1"))
	sound(true, "used")
	for _, field := range []string{"left", "used", "spent"} {
		bend := func(by int64) {
			_, err := s.purses.UpdateIf(t.Context(), purseID(b.ID, b.Rev, 0), nil, []docdb.Change{{Field: field, Verb: docdb.Add, Value: by}})
			must(t, err)
		}
		bend(1)
		sound(false, field)
		bend(-1)
	}
	bend := func(by int64) {
		_, err := s.quotas.UpdateIf(t.Context(), quotaID(b.ID, b.Rev), nil, []docdb.Change{{Field: "left", Verb: docdb.Add, Value: by}})
		must(t, err)
	}
	bend(-1)
	sound(false, "the quota")
	bend(1)
	sound(true, "mended")
}
