package couponcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
	"meadow/services/promo"
	"meadow/services/promo/coupon"
	"meadow/services/promo/coupon/coupontest"
)

var errKilled = errors.New("killed")

// mortal is a driver that lets a number of writes pass and then none.
type mortal struct {
	docdb.Driver
	left *atomic.Int64
}

func (m mortal) dies() bool { return m.left.Add(-1) < 0 }

func (m mortal) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	if m.dies() {
		return errKilled
	}
	return m.Driver.Insert(ctx, coll, docs...)
}

func (m mortal) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	if m.dies() {
		return errKilled
	}
	return m.Driver.Replace(ctx, coll, rev, doc)
}

func (m mortal) UpdateIf(ctx context.Context, coll, doc string, conds []docdb.Cond, changes []docdb.Change) (docdb.Doc, error) {
	if m.dies() {
		return docdb.Doc{}, errKilled
	}
	return m.Driver.UpdateIf(ctx, coll, doc, conds, changes)
}

const forever = 1 << 40

type shop struct {
	*Core
	clock *clock.Fake
	left  atomic.Int64
}

func newShop(t *testing.T, n *coupontest.Neighbours) *shop {
	t.Helper()
	s := &shop{clock: clock.NewFake(coupontest.Start)}
	s.left.Store(forever)
	log := slog.New(slog.DiscardHandler)
	db, err := pebbledoc.Open(t.Context(), "docs", pebbledoc.Options{Now: s.clock.Now, Log: log, FS: vfs.NewMem()})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: db, Now: s.clock.Now, Log: log, Sole: true})
	must(t, err)
	s.Core, err = New(t.Context(), Deps{DB: mortal{db, &s.left}, Jobs: runner, Now: s.clock.Now, Log: log, Account: n, Catalog: n, Currency: "CNY"})
	must(t, err)
	return s
}

func (s *shop) sweepAll(ctx context.Context) error {
	return errors.Join(s.sweep(ctx), s.settleAll(ctx))
}

type tester interface {
	Helper()
	Errorf(string, ...any)
	Fatal(...any)
}

func must(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCouponsKeepTheirContract(t *testing.T) {
	t.Parallel()
	coupontest.Run(t, func(t *testing.T, n *coupontest.Neighbours) coupontest.Shop {
		s := newShop(t, n)
		return coupontest.Shop{Coupons: s, Clock: s.clock, Sweep: s.sweepAll,
			Bought: func(ctx context.Context, u id.User, m id.Merchant) error {
				return s.notePurchase(ctx, checkout.OrderData{Buyer: u, PaidAt: s.clock.Now(), Lines: []checkout.LineData{{Merchant: m}}})
			}}
	})
}

// TestAProcessKilledBetweenTwoWritesLosesNothing kills a claim, a lock, a
// redemption and a return after each of their writes, lets time pass, and goes
// on: what is counted must agree with the coupons.
func TestAProcessKilledBetweenTwoWritesLosesNothing(t *testing.T) {
	t.Parallel()
	for _, retry := range []bool{true, false} {
		s := newShop(t, &coupontest.Neighbours{})
		owner := actor.With(t.Context(), actor.Actor{User: "usr_owner", Merchant: "mer_1"})
		b, err := s.Draft(owner, coupon.DraftBatch{Scope: promo.OfMerchant, RequestID: "request-1", Terms: coupon.Terms{
			Name: "Ten off", Tiers: []promo.Tier{{Off: money.CNY(10_00)}}, Total: 1000, PerPerson: 1, Budget: money.CNY(100_000_00),
			ClaimFrom: coupontest.Start, ClaimUntil: coupontest.Start.AddDate(1, 0, 0), ValidDays: 300,
		}})
		must(t, err)
		_, err = s.Start(owner, coupon.ByBatch{ID: b.ID})
		must(t, err)
		for step := range 4 {
			for writes := int64(0); ; writes++ {
				if s.killed(t, b, fmt.Sprintf("%d_%d", step, writes), step, writes, retry) {
					break
				}
			}
		}
		s.audit(t, owner, b)
	}
}

// killed takes somebody through everything, and kills the process in one step.
// It reports whether the step needed no more writes.
func (s *shop) killed(t *testing.T, b coupon.Batch, name string, step int, writes int64, retry bool) bool {
	t.Helper()
	user, o := id.User("usr_"+name), id.Order("ord_"+name)
	ctx := actor.With(t.Context(), actor.Actor{User: user})
	var c coupon.Coupon
	done := true
	for i, f := range []func() error{
		func() (err error) {
			c, err = s.Claim(ctx, coupon.Claim{Batch: b.ID, RequestID: "request-1"})
			return err
		},
		func() error {
			uses := []promo.Use{{Kind: promo.Coupon, Rule: b.ID, Ref: c.ID, N: 1, Amount: money.CNY(10_00)}}
			return s.Lock(t.Context(), promo.Lock{Order: o, Buyer: user, Uses: uses, Until: s.clock.Now().Add(15 * time.Minute)}, uses)
		},
		func() error { return s.Redeem(t.Context(), o) },
		func() error {
			return s.Return(t.Context(), promo.Return{Order: o, Whole: true, RequestID: "request-2"})
		},
	} {
		if i == step {
			s.left.Store(writes)
			err := f()
			s.left.Store(forever)
			done = err == nil
			if err != nil && !errors.Is(err, errKilled) {
				t.Fatalf("step %d after %d writes: %v", step, writes, err)
			}
			if !retry && step != 0 {
				// Nobody comes back: time and the sweep see to it.
				s.clock.Advance(time.Hour)
				must(t, s.sweepAll(t.Context()))
				return done
			}
		}
		if err := f(); err != nil {
			t.Fatalf("step %d, killed in %d after %d writes: %v", i, step, writes, err)
		}
		if i == step && step >= 2 {
			return done
		}
	}
	return done
}

// audit lets time pass and compares what is counted with the coupons.
func (s *shop) audit(t tester, ctx context.Context, b coupon.Batch) {
	t.Helper()
	s.clock.Advance(time.Hour)
	for range 2 {
		must(t, s.sweepAll(ctx))
	}
	if all, err := s.Audit(ctx); err != nil || len(all) > 0 {
		t.Errorf("%+v, %v", all, err)
	}
	var claimed, inUse, spent, undone int64
	must(t, s.coupons.Each(ctx, func(_ string, r record) error {
		switch r.State {
		case ready:
			claimed++
		case used:
			claimed++
			inUse++
			spent += r.Amount
		case dropped:
		default:
			undone++
		}
		if !r.OwedAt.IsZero() {
			undone++
		}
		return nil
	}))
	v, err := s.Batch(ctx, coupon.ByBatch{ID: b.ID})
	must(t, err)
	p, err := s.purses.Get(ctx, purseID(b.ID, 1, 0))
	must(t, err)
	q, err := s.quotas.Get(ctx, quotaID(b.ID, 1))
	must(t, err)
	n := v.Counts
	if undone != 0 || n.Claimed != claimed || n.Used != inUse || n.Locked != 0 || n.Spent.Amount != spent {
		t.Errorf("%d coupons, %d used, %d undone; counted %+v", claimed, inUse, undone, n)
	}
	if p.Left+p.Spent != b.Budget.Amount || len(p.Locks) != 0 || len(q.Claims) != 0 || q.Pending != 0 {
		t.Errorf("the budget: %+v; the quota: %+v", p, q)
	}
}
