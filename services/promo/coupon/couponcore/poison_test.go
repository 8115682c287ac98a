package couponcore

import (
	"testing"
	"time"

	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/coupon/coupontest"
)

// A coupon whose batch is gone can never be swept, and comes first.
func TestACouponThatCannotBeSweptStopsNoOther(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newShop(t, &coupontest.Neighbours{})
	b, r := issued(t, s)
	bad := record{ID: "cpn_0", Batch: "none", State: locked, Until: s.clock.Now(), ClaimedAt: s.clock.Now(), ExpiresAt: s.clock.Now()}
	must(t, s.coupons.Insert(ctx, bad.ID, bad))
	uses := []promo.Use{{Kind: promo.Coupon, Rule: b.ID, Ref: r.ID, N: 1, Amount: money.CNY(10_00)}}
	must(t, s.Lock(ctx, promo.Lock{Order: "ord_1", Buyer: "usr_amy", Uses: uses, Until: s.clock.Now().Add(15 * time.Minute)}, uses))
	s.clock.Advance(time.Hour)
	if err := s.sweep(ctx); err == nil {
		t.Error("the sweep does not say what it could not do")
	}
	if got, err := s.coupons.Get(ctx, r.ID); err != nil || got.State != ready {
		t.Errorf("the coupon behind it is %v, %v, want ready", got.State, err)
	}
}

// A purse with a lock of a coupon that is gone still settles its other locks.
func TestALockThatCannotBeSettledStopsNoOtherOfItsPurse(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newShop(t, &coupontest.Neighbours{})
	b, r := issued(t, s)
	home := purseID(b.ID, b.Rev, 0)
	_, err := s.purses.Update(ctx, home, func(p *purse) error {
		p.Open += 2
		p.Locks = map[string]lock{"cpn_0": {Token: "none", At: s.clock.Now()}, r.ID: {Token: "lost", At: s.clock.Now(), Amount: 1}}
		return nil
	})
	must(t, err)
	s.clock.Advance(2 * slack)
	if err := s.settleAll(ctx); err == nil {
		t.Error("the sweep does not say what it could not do")
	}
	p, err := s.purses.Get(ctx, home)
	if _, still := p.Locks[r.ID]; err != nil || still {
		t.Errorf("the lock behind it is still there: %+v, %v", p.Locks, err)
	}
}
