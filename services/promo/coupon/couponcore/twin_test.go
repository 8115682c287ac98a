package couponcore

import (
	"errors"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/coupon"
	"meadow/services/promo/coupon/coupontest"
)

// issued is a batch of two with a budget for two, and a coupon of it.
func issued(t *testing.T, s *shop) (batch, record) {
	t.Helper()
	owner := actor.With(t.Context(), actor.Actor{User: "usr_owner", Merchant: "mer_1"})
	v, err := s.Draft(owner, coupon.DraftBatch{Scope: promo.OfMerchant, RequestID: "request-1", Terms: coupon.Terms{
		Name: "Ten off", Tiers: []promo.Tier{{Off: money.CNY(10_00)}}, Total: 2, PerPerson: 1, Budget: money.CNY(20_00),
		ClaimFrom: coupontest.Start, ClaimUntil: coupontest.Start.AddDate(1, 0, 0), ValidDays: 300,
	}})
	must(t, err)
	_, err = s.Start(owner, coupon.ByBatch{ID: v.ID})
	must(t, err)
	c, err := s.Claim(actor.With(t.Context(), actor.Actor{User: "usr_amy"}), coupon.Claim{Batch: v.ID, RequestID: "request-1"})
	must(t, err)
	b, err := s.batches.Get(t.Context(), v.ID)
	must(t, err)
	r, err := s.coupons.Get(t.Context(), c.ID)
	must(t, err)
	return b, r
}

func TestASlowTwinOfAClaimTakesNoSecondPlace(t *testing.T) {
	t.Parallel()
	s := newShop(t, &coupontest.Neighbours{})
	b, r := issued(t, s)
	slow := r
	slow.State, slow.Token = claiming, ""
	if got, err := s.finish(t.Context(), b, slow); err != nil || got.State != ready || got.Token != r.Token {
		t.Errorf("it ended as %+v, %v", got, err)
	}
	// And one that was killed in between leaves nothing for long.
	_, err := s.takePlace(t.Context(), slow)
	must(t, err)
	s.clock.Advance(2 * slack)
	must(t, s.settleAll(t.Context()))
	q, err := s.quotas.Get(t.Context(), quotaID(b.ID, b.Rev))
	must(t, err)
	if q.Left != 1 || q.Pending != 0 || len(q.Claims) != 0 {
		t.Errorf("the quota: %+v", q)
	}
}

func TestASlowTwinOfALockSpendsNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t, &coupontest.Neighbours{})
	b, r := issued(t, s)
	_, err := s.hold(t.Context(), b, r, "ord_slow", 10_00)
	must(t, err)
	uses := []promo.Use{{Kind: promo.Coupon, Rule: b.ID, Ref: r.ID, N: 1, Amount: money.CNY(10_00)}}
	in := promo.Lock{Order: "ord_1", Buyer: "usr_amy", Uses: uses, Until: s.clock.Now().Add(15 * time.Minute)}
	if err := s.Lock(t.Context(), in, uses); !errors.Is(err, promo.ErrUsedUp) {
		t.Errorf("while another is at it: %v", err)
	}
	s.clock.Advance(2 * slack)
	must(t, s.settleAll(t.Context()))
	must(t, s.Lock(t.Context(), in, uses))
	must(t, s.Redeem(t.Context(), "ord_1"))
	p, err := s.purses.Get(t.Context(), purseID(b.ID, b.Rev, 0))
	must(t, err)
	if p.Left != 10_00 || p.Spent != 10_00 || p.Used != 1 || len(p.Locks) != 0 {
		t.Errorf("the purse: %+v", p)
	}
}

func TestASlowTwinOfARedemptionFindsTheOrderGone(t *testing.T) {
	t.Parallel()
	s := newShop(t, &coupontest.Neighbours{})
	b, r := issued(t, s)
	uses := []promo.Use{{Kind: promo.Coupon, Rule: b.ID, Ref: r.ID, N: 1, Amount: money.CNY(10_00)}}
	must(t, s.Lock(t.Context(), promo.Lock{Order: "ord_1", Buyer: "usr_amy", Uses: uses, Until: s.clock.Now().Add(15 * time.Minute)}, uses))
	must(t, s.Redeem(t.Context(), "ord_1"))
	must(t, s.Return(t.Context(), promo.Return{Order: "ord_1", Whole: true}))
	// It has read the order before it went back, and comes to the coupon only now.
	must(t, s.redeemTaken(t.Context(), b, r.ID, order{ID: id.Order("ord_1"), Buyer: "usr_amy"}, use{Coupon: r.ID, Amount: 10_00}))
	got, err := s.coupons.Get(t.Context(), r.ID)
	must(t, err)
	p, err := s.purses.Get(t.Context(), purseID(b.ID, b.Rev, 0))
	must(t, err)
	if got.State != ready || p.Left != 20_00 || p.Used != 0 || len(p.Locks) != 0 {
		t.Errorf("the coupon: %+v; the purse: %+v", got, p)
	}
}
