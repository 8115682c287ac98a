package couponcore

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/coupon"
	"meadow/services/promo/coupon/coupontest"
)

// TestCouponsAndBudgetsAreConserved runs any sequence of what people, orders,
// time and the sweep may do, with and without a kill in the middle.
func TestCouponsAndBudgetsAreConserved(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		s := newShop(outer, &coupontest.Neighbours{})
		b := s.issue(outer, 3, 25_00)
		ctx := context.WithoutCancel(outer.Context())
		have := map[id.User][]string{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			o := id.Order(rapid.SampledFrom([]string{"ord_a0", "ord_b0", "ord_c1", "ord_d1"}).Draw(t, "order"))
			buyer := id.User("usr_" + string(o[5]))
			if rapid.IntRange(0, 3).Draw(t, "kill") == 0 {
				s.left.Store(rapid.Int64Range(0, 5).Draw(t, "writes"))
			}
			var err error
			switch rapid.SampledFrom([]string{"claim", "claim", "lock", "lock", "redeem", "release", "return", "wait"}).Draw(t, "action") {
			case "claim":
				var c coupon.Coupon
				c, err = s.Claim(actor.With(ctx, actor.Actor{User: buyer}), coupon.Claim{
					Batch: b.ID, RequestID: rapid.SampledFrom([]string{"request-1", "request-2", "request-3"}).Draw(t, "request"),
				})
				if err == nil {
					have[buyer] = append(have[buyer], c.ID)
				}
			case "lock":
				if len(have[buyer]) == 0 {
					break
				}
				uses := []promo.Use{{
					Kind: promo.Coupon, Rule: b.ID, Ref: rapid.SampledFrom(have[buyer]).Draw(t, "coupon"), N: 1,
					Amount: money.CNY(rapid.SampledFrom([]int64{7_00, 10_00}).Draw(t, "amount")),
				}}
				err = s.Lock(ctx, promo.Lock{Order: o, Buyer: buyer, Uses: uses, Until: s.clock.Now().Add(15 * time.Minute)}, uses)
			case "redeem":
				err = s.Redeem(ctx, o)
			case "release":
				err = s.Release(ctx, o)
			case "return":
				err = s.Return(ctx, promo.Return{Order: o, Whole: true})
			case "wait":
				s.clock.Advance(16 * time.Minute)
				err = s.sweepAll(ctx)
			}
			s.left.Store(forever)
			if _, no := errors.AsType[*errs.Error](err); err != nil && !no && !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
		}
		s.audit(t, actor.With(ctx, actor.Actor{User: "usr_owner", Merchant: "mer_1"}), b)
		most := int64(0)
		err := s.shares.Each(ctx, func(_ string, x share) error { most = max(most, x.N); return nil })
		if err != nil || most > 2 {
			t.Fatalf("one person claimed %d, %v", most, err)
		}
	})
}

// issue starts a batch of which one person may have two.
func (s *shop) issue(t *testing.T, total, budget int64) coupon.Batch {
	t.Helper()
	owner := actor.With(t.Context(), actor.Actor{User: "usr_owner", Merchant: "mer_1"})
	b, err := s.Draft(owner, coupon.DraftBatch{Scope: promo.OfMerchant, RequestID: "request-1", Terms: coupon.Terms{
		Name: "Ten off", Tiers: []promo.Tier{{Off: money.CNY(10_00)}}, Total: total, PerPerson: 2, Budget: money.CNY(budget),
		ClaimFrom: coupontest.Start, ClaimUntil: coupontest.Start.AddDate(1, 0, 0), ValidDays: 300,
	}})
	must(t, err)
	b, err = s.Start(owner, coupon.ByBatch{ID: b.ID})
	must(t, err)
	return b
}
