package coupontest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
	"meadow/services/promo/coupon"
)

func testTerms(t *testing.T, s Shop, _ *Neighbours) {
	for what, spoil := range map[string]func(*coupon.Terms){
		"no tier":              func(x *coupon.Terms) { x.Tiers = nil },
		"two ways":             func(x *coupon.Terms) { x.Tiers[0].Rate = 1000 },
		"no way":               func(x *coupon.Terms) { x.Tiers[0].Off = money.Money{} },
		"more off than over":   func(x *coupon.Terms) { x.Tiers[0].Off = money.CNY(60_00) },
		"another currency":     func(x *coupon.Terms) { x.Tiers[0].Off.Currency = "USD" },
		"falling tiers":        func(x *coupon.Terms) { x.Tiers = append(x.Tiers, x.Tiers[0]) },
		"an empty window":      func(x *coupon.Terms) { x.ClaimUntil = x.ClaimFrom },
		"no validity":          func(x *coupon.Terms) { x.ValidDays = 0 },
		"over before it began": func(x *coupon.Terms) { x.ValidUntil = x.ClaimFrom },
		"a short code":         func(x *coupon.Terms) { x.Code = "abc" },
		"others' money":        func(x *coupon.Terms) { x.Platform = 5000 },
		"all, and no budget":   func(x *coupon.Terms) { x.Tiers[0].Off, x.Tiers[0].Rate = money.Money{}, money.Whole },
		"more each than all":   func(x *coupon.Terms) { x.PerPerson = 101 },
	} {
		x := terms()
		spoil(&x)
		_, err := s.Coupons.Draft(as(t, "usr_owner"), coupon.DraftBatch{Scope: promo.OfMerchant, Terms: x, RequestID: id.Secret()})
		refused(t, what, err, coupon.ErrTerms)
	}
}

func testIssuer(t *testing.T, s Shop, _ *Neighbours) {
	in := coupon.DraftBatch{Scope: promo.OfMerchant, Terms: terms(), RequestID: "request-1"}
	for _, who := range []id.User{"usr_packer", "usr_amy"} {
		_, err := s.Coupons.Draft(as(t, who), in)
		refused(t, string(who), err, actor.ErrForbidden)
	}
	platform := in
	platform.Scope = promo.OfPlatform
	_, err := s.Coupons.Draft(as(t, "usr_owner"), platform)
	refused(t, "a shop for the platform", err, actor.ErrForbidden)
	p, err := s.Coupons.Draft(as(t, "usr_op"), platform)
	must(t, err)
	if p.Platform != money.Whole || p.Merchant != "" {
		t.Errorf("the platform's: %+v", p)
	}
	b, err := s.Coupons.Draft(as(t, "usr_owner"), in)
	must(t, err)
	again, err := s.Coupons.Draft(as(t, "usr_owner"), in)
	if err != nil || again.ID != b.ID {
		t.Errorf("again: %v, %v", again.ID, err)
	}
	in.Name = "Another"
	_, err = s.Coupons.Draft(as(t, "usr_owner"), in)
	refused(t, "another under the same request", err, rpc.ErrReused)
	_, err = s.Coupons.Start(as(t, "usr_rival"), coupon.ByBatch{ID: b.ID})
	refused(t, "a rival", err, coupon.ErrNoSuchBatch)
	if mine, err := s.Coupons.Batches(as(t, "usr_owner"), coupon.Batches{}); err != nil || len(mine.Items) != 1 {
		t.Errorf("the owner's: %+v, %v", mine.Items, err)
	}
	if its, err := s.Coupons.Batches(as(t, "usr_op"), coupon.Batches{Scope: promo.OfPlatform}); err != nil || len(its.Items) != 1 {
		t.Errorf("the platform's: %+v, %v", its.Items, err)
	}
}

func testStates(t *testing.T, s Shop, _ *Neighbours) {
	owner := as(t, "usr_owner")
	b, err := s.Coupons.Draft(owner, coupon.DraftBatch{Scope: promo.OfMerchant, Terms: terms(), RequestID: "request-1"})
	must(t, err)
	by := coupon.ByBatch{ID: b.ID}
	_, err = s.Coupons.Claim(as(t, "usr_amy"), coupon.Claim{Batch: b.ID, RequestID: "request-2"})
	refused(t, "a claim of a draft", err, coupon.ErrNoSuchBatch)
	_, err = s.Coupons.Stop(owner, by)
	refused(t, "stopping a draft", err, coupon.ErrBatchState)
	x := terms()
	x.Total = 2
	_, err = s.Coupons.Edit(owner, coupon.EditBatch{ID: b.ID, Terms: x})
	must(t, err)
	for range 2 {
		b, err = s.Coupons.Start(owner, by)
		must(t, err)
	}
	_, err = s.Coupons.Edit(owner, coupon.EditBatch{ID: b.ID, Terms: x})
	refused(t, "editing what has begun", err, coupon.ErrBatchState)
	claimed(t, s, b, "usr_amy")
	if got := counts(t, s, b); got.Left != 1 || got.Claimed != 1 {
		t.Errorf("counts %+v", got)
	}
	_, err = s.Coupons.Stop(owner, by)
	must(t, err)
	_, err = s.Coupons.Claim(as(t, "usr_ben"), coupon.Claim{Batch: b.ID, RequestID: "request-3"})
	refused(t, "a claim of what was stopped", err, coupon.ErrOver)
	_, err = s.Coupons.Kill(as(t, "usr_op"), by)
	must(t, err)
	_, err = s.Coupons.Start(owner, by)
	refused(t, "starting what was killed", err, coupon.ErrBatchState)
}

func testClaimOnce(t *testing.T, s Shop, _ *Neighbours) {
	b := started(t, s, func(x *coupon.Terms) { x.PerPerson = 3 })
	in := coupon.Claim{Batch: b.ID, RequestID: "request-1"}
	var wg sync.WaitGroup
	got := make([]coupon.Coupon, 8)
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = s.Coupons.Claim(as(t, "usr_amy"), in); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, c := range got {
		if c.ID != got[0].ID || c.State != coupon.Ready || !c.ExpiresAt.Equal(Start.AddDate(0, 0, 7)) {
			t.Errorf("got %+v", c)
		}
	}
	if n := counts(t, s, b); n.Claimed != 1 {
		t.Errorf("%d were claimed", n.Claimed)
	}
	for range 2 {
		claimed(t, s, b, "usr_amy")
	}
	_, err := s.Coupons.Claim(as(t, "usr_amy"), coupon.Claim{Batch: b.ID, RequestID: "request-9"})
	refused(t, "a fourth", err, coupon.ErrHave)
	if again, err := s.Coupons.Claim(as(t, "usr_amy"), in); err != nil || again.ID != got[0].ID {
		t.Errorf("the first again: %+v, %v", again, err)
	}
}

func testWindow(t *testing.T, s Shop, _ *Neighbours) {
	b := started(t, s, func(x *coupon.Terms) {
		x.ClaimFrom, x.ClaimUntil, x.ValidUntil = Start.Add(time.Hour), Start.Add(2*time.Hour), Start.Add(72*time.Hour)
	})
	_, err := s.Coupons.Claim(as(t, "usr_amy"), coupon.Claim{Batch: b.ID, RequestID: "request-1"})
	refused(t, "too early", err, coupon.ErrNotBegun)
	s.Clock.Advance(time.Hour)
	if c := claimed(t, s, b, "usr_amy"); !c.ExpiresAt.Equal(Start.Add(72 * time.Hour)) {
		t.Errorf("good until %v", c.ExpiresAt)
	}
	s.Clock.Advance(time.Hour)
	_, err = s.Coupons.Claim(as(t, "usr_ben"), coupon.Claim{Batch: b.ID, RequestID: "request-2"})
	refused(t, "too late", err, coupon.ErrOver)
	_, err = s.Coupons.Claim(t.Context(), coupon.Claim{Batch: b.ID, RequestID: "request-3"})
	refused(t, "nobody", err, actor.ErrNobody)
}

func testCode(t *testing.T, s Shop, _ *Neighbours) {
	b := started(t, s, func(x *coupon.Terms) { x.Code = "Spring 26" })
	_, err := s.Coupons.Claim(as(t, "usr_amy"), coupon.Claim{Batch: b.ID, RequestID: "request-1"})
	refused(t, "without its code", err, coupon.ErrNoSuchBatch)
	_, err = s.Coupons.ClaimCode(as(t, "usr_amy"), coupon.ClaimCode{Code: "spring27", RequestID: "request-2"})
	refused(t, "another code", err, coupon.ErrCode)
	c, err := s.Coupons.ClaimCode(as(t, "usr_amy"), coupon.ClaimCode{Code: " sPring26 ", RequestID: "request-3"})
	if err != nil || c.Batch != b.ID {
		t.Errorf("got %+v, %v", c, err)
	}
	for range coupon.MostGuesses {
		_, err = s.Coupons.ClaimCode(as(t, "usr_guesser"), coupon.ClaimCode{Code: "spring28", RequestID: "request-5"})
		refused(t, "a guess", err, coupon.ErrCode)
	}
	_, err = s.Coupons.ClaimCode(as(t, "usr_guesser"), coupon.ClaimCode{Code: "spring26", RequestID: "request-6"})
	refused(t, "after many", err, coupon.ErrGuesses)
	s.Clock.Advance(time.Hour)
	_, err = s.Coupons.ClaimCode(as(t, "usr_guesser"), coupon.ClaimCode{Code: "spring26", RequestID: "request-7"})
	must(t, err)
	x := terms()
	x.Code = "SPRING26"
	_, err = s.Coupons.Draft(as(t, "usr_rival"), coupon.DraftBatch{Scope: promo.OfMerchant, Terms: x, RequestID: "request-4"})
	refused(t, "a rival with the code", err, coupon.ErrCodeTaken)
}

func testPersons(t *testing.T, s Shop, n *Neighbours) {
	b := started(t, s, nil)
	n.Same("usr_amy", "usr_amy2")
	n.Same("usr_amy2", "usr_amy3")
	claimed(t, s, b, "usr_amy2")
	for _, who := range []id.User{"usr_amy", "usr_amy3"} {
		_, err := s.Coupons.Claim(as(t, who), coupon.Claim{Batch: b.ID, RequestID: "request-1"})
		refused(t, string(who), err, coupon.ErrHave)
	}
	claimed(t, s, b, "usr_ben")
}

func testNewOnly(t *testing.T, s Shop, n *Neighbours) {
	b := started(t, s, func(x *coupon.Terms) { x.NewOnly = true })
	n.Same("usr_amy", "usr_amy2")
	must(t, s.Bought(system(t), "usr_amy", "mer_1"))
	must(t, s.Bought(system(t), "usr_ben", "mer_2"))
	for _, who := range []id.User{"usr_amy", "usr_amy2"} {
		_, err := s.Coupons.Claim(as(t, who), coupon.Claim{Batch: b.ID, RequestID: "request-1"})
		refused(t, string(who), err, coupon.ErrNewOnly)
	}
	c := claimed(t, s, b, "usr_ben")
	must(t, s.Bought(system(t), "usr_ben", "mer_1"))
	rules, err := s.Coupons.Rules(system(t), ask("usr_ben", c.ID))
	if err != nil || len(rules) != 1 || rules[0].Refuse != coupon.NewOnly {
		t.Errorf("after a purchase: %+v, %v", rules, err)
	}
}

func testClaimRace(t *testing.T, s Shop, _ *Neighbours) {
	const there, tries = 50, 300
	b := started(t, s, func(x *coupon.Terms) { x.Total = there })
	var got, gone atomic.Int64
	var wg sync.WaitGroup
	for i := range tries {
		wg.Go(func() {
			_, err := s.Coupons.Claim(as(t, id.User(fmt.Sprintf("usr_%d", i))), coupon.Claim{Batch: b.ID, RequestID: "request-1"})
			switch {
			case err == nil:
				got.Add(1)
			case errors.Is(err, coupon.ErrNoneLeft):
				gone.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got.Load() != there || gone.Load() != tries-there {
		t.Errorf("%d claimed, %d refused", got.Load(), gone.Load())
	}
	if n := counts(t, s, b); n.Left != 0 || n.Claimed != there {
		t.Errorf("counts %+v", n)
	}
}

func testPersonRace(t *testing.T, s Shop, n *Neighbours) {
	b := started(t, s, func(x *coupon.Terms) { x.PerPerson = 2 })
	n.Same("usr_amy", "usr_amy2")
	var got atomic.Int64
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			who := []id.User{"usr_amy", "usr_amy2"}[i%2]
			_, err := s.Coupons.Claim(as(t, who), coupon.Claim{Batch: b.ID, RequestID: fmt.Sprintf("request-%d", i)})
			if err == nil {
				got.Add(1)
			} else if !errors.Is(err, coupon.ErrHave) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	has := len(shelf(t, s, "usr_amy", coupon.Ready)) + len(shelf(t, s, "usr_amy2", coupon.Ready))
	if n := counts(t, s, b); got.Load() != 2 || n.Claimed != 2 || has != 2 {
		t.Errorf("%d granted, %d counted, %d there", got.Load(), n.Claimed, has)
	}
}
