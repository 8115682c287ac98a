package flashsalecore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
	"meadow/services/promo"
	"meadow/services/promo/flashsale"
	"meadow/services/promo/flashsale/flashsaletest"
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

type fataler interface {
	Helper()
	Fatal(...any)
}

func newShop(t fataler, ctx context.Context, n *flashsaletest.Neighbours) (*shop, func()) {
	t.Helper()
	s := &shop{clock: clock.NewFake(flashsaletest.Start)}
	s.left.Store(forever)
	log := slog.New(slog.DiscardHandler)
	db, err := pebbledoc.Open(ctx, "docs", pebbledoc.Options{Now: s.clock.Now, Log: log, FS: vfs.NewMem()})
	must(t, err)
	runner, err := jobs.New(ctx, jobs.Deps{DB: db, Now: s.clock.Now, Log: log, Sole: true})
	must(t, err)
	s.Core, err = New(ctx, Deps{DB: mortal{db, &s.left}, Jobs: runner, Now: s.clock.Now, Log: log, Account: n, Catalog: n, Groups: n, Currency: "CNY"})
	must(t, err)
	return s, func() { _ = db.Close() }
}

func must(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFlashSalesKeepTheirContract(t *testing.T) {
	t.Parallel()
	flashsaletest.Run(t, func(t *testing.T, n *flashsaletest.Neighbours) flashsaletest.Shop {
		s, end := newShop(t, t.Context(), n)
		t.Cleanup(end)
		return flashsaletest.Shop{Sales: s, Clock: s.clock, Sweep: s.sweep}
	})
}

// start plans and starts a sale of sku_1.
func (s *shop) start(t fataler, ctx context.Context, n, limit int64) flashsale.Sale {
	owner := actor.With(ctx, actor.Actor{User: "usr_owner", Merchant: "mer_1", Roles: []actor.Role{actor.Merchant}})
	x, err := s.Draft(owner, flashsale.DraftSale{RequestID: "request-1", Plan: flashsale.Plan{
		Name: "Noon", Start: flashsaletest.Start, End: flashsaletest.Start.AddDate(1, 0, 0),
		Items: []flashsale.Allotment{{SKU: "sku_1", Price: money.CNY(60_00), N: n, Limit: limit}},
	}})
	must(t, err)
	x, err = s.Start(owner, flashsale.BySale{ID: x.ID})
	must(t, err)
	return x
}

func (s *shop) lock(ctx context.Context, x flashsale.Sale, o id.Order, buyer id.User, n int64) error {
	uses := []promo.Use{{Kind: promo.Flash, Rule: x.ID, SKU: "sku_1", N: n}}
	return s.Lock(ctx, promo.Lock{Order: o, Buyer: buyer, Uses: uses, Until: s.clock.Now().Add(15 * time.Minute)}, uses)
}

// audit compares every cell with the orders.
func (s *shop) audit(t fataler, ctx context.Context, x flashsale.Sale) {
	t.Helper()
	if all, err := s.Audit(ctx); err != nil || len(all) > 0 {
		t.Fatal(fmt.Sprintf("%+v, %v", all, err))
	}
	holds, sales := map[string]int64{}, map[string]int64{}
	must(t, s.orders.Each(ctx, func(_ string, r order) error {
		for _, p := range r.Parts {
			switch r.State {
			case held:
				holds[p.Cell] += p.N
			case sold:
				sales[p.Cell] += p.N
			case free, returned:
			default:
				t.Fatal(fmt.Sprintf("order %s is still %s", r.ID, r.State))
			}
		}
		return nil
	}))
	must(t, s.cells.Each(ctx, func(name string, v cell) error {
		whole := x.Items[0].Limit
		if v.Of != "" {
			whole = x.Items[0].N
		}
		if v.Left < 0 || v.Left+v.Held+v.Sold != whole || v.Held != holds[name] || v.Sold != sales[name] {
			t.Fatal(fmt.Sprintf("cell %+v of %d, orders hold %d and bought %d", v, whole, holds[name], sales[name]))
		}
		return nil
	}))
}

// TestAProcessKilledBetweenTwoWritesLosesNoPlace kills a lock, a release, a
// redemption and a return after each of their writes; then either somebody tries
// again, or only the sweep comes by.
func TestAProcessKilledBetweenTwoWritesLosesNoPlace(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{true, false} {
		s, end := newShop(t, t.Context(), &flashsaletest.Neighbours{})
		x := s.start(t, t.Context(), 400, 2)
		for step := range 4 {
			for writes := int64(0); ; writes++ {
				o := id.Order(fmt.Sprintf("ord_%d_%d", step, writes))
				buyer := id.User("usr_" + string(o))
				all := []func() error{
					func() error { return s.lock(t.Context(), x, o, buyer, 2) },
					func() error { return s.Release(t.Context(), o) },
					func() error { return s.Redeem(t.Context(), o) }, // takes the places anew
					func() error { return s.Return(t.Context(), promo.Return{Order: o, Whole: true}) },
				}
				for _, f := range all[:step] {
					must(t, f())
				}
				s.left.Store(writes)
				err := all[step]()
				s.left.Store(forever)
				if err != nil && !errors.Is(err, errKilled) {
					t.Fatalf("step %d after %d writes: %v", step, writes, err)
				}
				if again {
					must(t, all[step]())
				}
				if err == nil {
					break
				}
			}
		}
		s.clock.Advance(time.Hour)
		for range 2 {
			must(t, s.sweep(t.Context()))
		}
		s.audit(t, t.Context(), x)
		end()
	}
}

// TestPlacesAreConserved runs any sequence of what orders, time and the sweep may
// do, with and without a kill in the middle.
func TestPlacesAreConserved(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		s, end := newShop(t, ctx, &flashsaletest.Neighbours{})
		defer end()
		x := s.start(t, ctx, 7, 3)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			o := id.Order(rapid.SampledFrom([]string{"ord_a", "ord_b", "ord_c", "ord_d"}).Draw(t, "order"))
			buyer := id.User("usr_" + string(o[4]%2+'0'))
			if rapid.IntRange(0, 3).Draw(t, "kill") == 0 {
				s.left.Store(rapid.Int64Range(0, 5).Draw(t, "writes"))
			}
			var err error
			switch rapid.SampledFrom([]string{"lock", "lock", "redeem", "release", "return", "wait"}).Draw(t, "action") {
			case "lock":
				err = s.lock(ctx, x, o, buyer, rapid.Int64Range(1, 3).Draw(t, "n"))
			case "redeem":
				err = s.Redeem(ctx, o)
			case "release":
				err = s.Release(ctx, o)
			case "return":
				err = s.Return(ctx, promo.Return{Order: o, Whole: true})
			case "wait":
				s.clock.Advance(16 * time.Minute)
				err = s.sweep(ctx)
			}
			s.left.Store(forever)
			for _, fine := range []error{errKilled, promo.ErrUsedUp, promo.ErrLimit, promo.ErrEnded} {
				if errors.Is(err, fine) {
					err = nil
				}
			}
			must(t, err)
		}
		s.clock.Advance(time.Hour)
		for range 2 {
			must(t, s.sweep(ctx))
		}
		s.audit(t, ctx, x)
	})
}
