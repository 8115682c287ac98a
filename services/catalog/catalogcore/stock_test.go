package catalogcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"meadow/services/catalog"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
)

// errKilled is what every write answers after the process "died".
var errKilled = errors.New("killed")

// mortal is a driver that lets a number of writes pass and then none: what a
// process leaves behind that is killed between two of them.
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

func (m mortal) Delete(ctx context.Context, coll, doc string, rev int64) error {
	if m.dies() {
		return errKilled
	}
	return m.Driver.Delete(ctx, coll, doc, rev)
}

// warehouse is a catalogue with one SKU, and a way to kill it.
type warehouse struct {
	*Core
	sku   id.SKU
	left  atomic.Int64
	clock *clock.Fake
}

const forever = 1 << 40

type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func newWarehouse(t fataler, ctx context.Context, cells ...int64) (*warehouse, func()) {
	t.Helper()
	w := &warehouse{sku: "sku_test", clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	w.left.Store(forever)
	log := slog.New(slog.DiscardHandler)
	db, err := pebbledoc.Open(ctx, "docs", pebbledoc.Options{Now: w.clock.Now, Log: log, FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	runner, err := jobs.New(ctx, jobs.Deps{DB: db, Now: w.clock.Now, Log: log, Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	w.Core, err = New(ctx, Deps{DB: mortal{db, &w.left}, Jobs: runner, Now: w.clock.Now, Log: log, Currency: "CNY"})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range cells {
		name := fmt.Sprintf("cel_%d", i)
		if err := w.cells.Insert(ctx, name, cell{ID: name, SKU: w.sku, Received: n, Available: n, Holds: map[string]hold{}, Marks: map[string]bool{}}); err != nil {
			t.Fatal(err)
		}
	}
	return w, func() {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *warehouse) order(name string, n int64) catalog.Reserve {
	return catalog.Reserve{Order: id.Order(name), Units: []catalog.Units{{SKU: w.sku, N: n}}, Until: w.clock.Now().Add(time.Hour)}
}

// pair is a bundle of two of the warehouse's SKU. The catalogue knew it before
// anything was killed.
func (w *warehouse) pair(ctx context.Context) id.SKU {
	left := w.left.Swap(forever)
	defer w.left.Store(left)
	home := skuHome{ID: "sku_pair", Merchant: "mer_test", Components: []catalog.Units{{SKU: w.sku, N: 2}}}
	if err := w.skus.Insert(ctx, string(home.ID), home); err != nil && !errors.Is(err, docdb.ErrExists) {
		panic(err)
	}
	return home.ID
}

// audit checks every cell's own sum, and what its holds add up to.
func (w *warehouse) audit(t fataler, ctx context.Context) catalog.Stock {
	t.Helper()
	err := w.cells.Each(ctx, func(name string, x cell) error {
		var held int64
		for _, h := range x.Holds {
			held += h.N
		}
		if x.Received != x.Available+x.Held+x.Sold || x.Held != held || x.Available < 0 || x.Held < 0 || x.Sold < 0 {
			return fmt.Errorf("%s does not add up: %+v", name, x)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sum, err := w.count(ctx, w.sku)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// TestAKillBetweenAnyTwoWritesLosesNoUnit runs each story with a kill after
// every possible number of writes, then finishes it as a restarted shop would.
func TestAKillBetweenAnyTwoWritesLosesNoUnit(t *testing.T) {
	t.Parallel()
	type story struct {
		name   string
		cells  []int64
		act    func(context.Context, *warehouse) error
		finish func(context.Context, *warehouse) error
		want   catalog.Stock
	}
	commit := func(ctx context.Context, w *warehouse) error {
		_, err := w.Commit(ctx, w.order("ord_a", 3))
		return err
	}
	restock := func(ctx context.Context, w *warehouse) error {
		_, err := w.Restock(ctx, catalog.ByOrder{Order: "ord_a"})
		return err
	}
	portion := func(ctx context.Context, w *warehouse) error {
		_, err := w.RestockUnits(ctx, catalog.RestockUnits{Order: "ord_a", Units: []catalog.Units{{SKU: w.sku, N: 2}}, RequestID: "portion"})
		return err
	}
	pairs := func(ctx context.Context, w *warehouse) error { // 2 pairs and a single one
		in := w.order("ord_a", 1)
		in.Units = append(in.Units, catalog.Units{SKU: w.pair(ctx), N: 2})
		_, err := w.Commit(ctx, in)
		return err
	}
	for _, s := range []story{
		{"commit", []int64{5}, commit, commit, catalog.Stock{Received: 5, Available: 2, Sold: 3}},
		{"commit over two cells", []int64{2, 2}, commit, commit, catalog.Stock{Received: 4, Available: 1, Sold: 3}},
		{"reserve and lapse", []int64{5}, func(ctx context.Context, w *warehouse) error {
			_, err := w.Reserve(ctx, w.order("ord_a", 3))
			return err
		}, func(ctx context.Context, w *warehouse) error {
			w.clock.Advance(2 * time.Hour)
			return w.sweep(ctx)
		}, catalog.Stock{Received: 5, Available: 5}},
		{"commit and restock", []int64{2, 2}, func(ctx context.Context, w *warehouse) error {
			return errors.Join(commit(ctx, w), restock(ctx, w))
		}, func(ctx context.Context, w *warehouse) error {
			if err := restock(ctx, w); err != nil {
				return err
			}
			w.clock.Advance(2 * time.Hour)
			return w.sweep(ctx)
		}, catalog.Stock{Received: 4, Available: 4}},
		{"a portion comes back", []int64{2, 2}, func(ctx context.Context, w *warehouse) error {
			return errors.Join(commit(ctx, w), portion(ctx, w))
		}, func(ctx context.Context, w *warehouse) error {
			return errors.Join(commit(ctx, w), portion(ctx, w))
		}, catalog.Stock{Received: 4, Available: 3, Sold: 1}},
		{"a portion comes back, then the rest", []int64{2, 2}, func(ctx context.Context, w *warehouse) error {
			return errors.Join(commit(ctx, w), portion(ctx, w), restock(ctx, w))
		}, func(ctx context.Context, w *warehouse) error {
			if err := restock(ctx, w); err != nil {
				return err
			}
			w.clock.Advance(2 * time.Hour)
			return w.sweep(ctx)
		}, catalog.Stock{Received: 4, Available: 4}},
		{"a bundle", []int64{3, 3}, pairs, pairs, catalog.Stock{Received: 6, Available: 1, Sold: 5}},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			for kill := int64(0); ; kill++ {
				w, done := newWarehouse(t, ctx, s.cells...)
				w.left.Store(kill)
				err := s.act(ctx, w)
				survived := w.left.Load() >= 0
				w.left.Store(forever)
				if survived && err != nil {
					t.Fatalf("without a kill: %v", err)
				}
				w.audit(t, ctx)
				if err := s.finish(ctx, w); err != nil {
					t.Fatalf("killed after %d writes, then: %v", kill, err)
				}
				s.want.SKU = w.sku
				if got := w.audit(t, ctx); got != s.want {
					t.Fatalf("killed after %d writes: %+v, want %+v", kill, got, s.want)
				}
				done()
				if survived {
					if kill < 2 {
						t.Fatalf("the story has %d writes only", kill)
					}
					return
				}
			}
		})
	}
}

func TestTwinsOfOneOrderHoldOnce(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w, done := newWarehouse(t, ctx, 1, 1, 1, 1)
	defer done()
	var wg sync.WaitGroup
	for range 4 { // others that make cells refuse
		wg.Go(func() {
			_, err := w.Reserve(ctx, w.order("ord_"+id.Secret(), 1))
			if err != nil && !errors.Is(err, catalog.ErrSoldOut) {
				t.Error(err)
			}
		})
	}
	for range 8 {
		wg.Go(func() {
			_, err := w.Reserve(ctx, w.order("ord_twin", 1))
			if err != nil && !errors.Is(err, catalog.ErrSoldOut) && !errors.Is(err, docdb.ErrBusy) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := w.sweep(ctx); err != nil {
		t.Fatal(err)
	}
	holds := 0
	if err := w.cells.Each(ctx, func(_ string, x cell) error {
		if _, ok := x.Holds["ord_twin"]; ok {
			holds++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if holds > 1 {
		t.Errorf("the twin holds in %d cells, want at most 1", holds)
	}
	w.audit(t, ctx)
}

// TestUnitsAreConserved lets orders reserve, commit, release and restock in any
// order, with kills and sweeps between, and compares with a simple count.
func TestUnitsAreConserved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		w, done := newWarehouse(t, ctx, rapid.SliceOfN(rapid.Int64Range(1, 4), 1, 4).Draw(t, "cells")...)
		defer done()
		sold := map[string]int64{}
		units := map[string]int64{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			name := fmt.Sprintf("ord_%d", rapid.IntRange(0, 5).Draw(t, "order"))
			if units[name] == 0 {
				units[name] = rapid.Int64Range(1, 3).Draw(t, "n")
			}
			in := w.order(name, units[name])
			if name > "ord_2" { // half of the orders buy pairs
				in.Units[0].SKU = w.pair(ctx)
			}
			if rapid.IntRange(0, 3).Draw(t, "kill") == 0 {
				w.left.Store(rapid.Int64Range(0, 6).Draw(t, "after"))
			}
			var err error
			op := rapid.SampledFrom([]string{"reserve", "commit", "release", "restock", "portion", "lapse"}).Draw(t, "op")
			switch op {
			case "reserve":
				_, err = w.Reserve(ctx, in)
			case "commit":
				_, err = w.Commit(ctx, in)
			case "release":
				_, err = w.Release(ctx, catalog.ByOrder{Order: in.Order})
			case "restock":
				_, err = w.Restock(ctx, catalog.ByOrder{Order: in.Order})
			case "portion":
				_, err = w.RestockUnits(ctx, catalog.RestockUnits{Order: in.Order, Units: []catalog.Units{{SKU: in.Units[0].SKU, N: 1}}, RequestID: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "request")})
			case "lapse":
				w.clock.Advance(2 * time.Hour)
				err = w.sweep(ctx)
			}
			w.left.Store(forever)
			if err != nil && !errors.Is(err, catalog.ErrSoldOut) && !errors.Is(err, catalog.ErrNotBought) && !strings.Contains(err.Error(), errKilled.Error()) {
				t.Fatalf("%s: %v", op, err)
			}
			if op == "commit" && err == nil {
				sold[name] = units[name]
				if in.Units[0].SKU != w.sku {
					sold[name] *= 2
				}
			}
			w.audit(t, ctx)
		}
		var want int64
		for name, n := range sold { // what was answered as sold is sold, unless it was given back
			r, err := w.reservations.Get(ctx, name)
			if err != nil {
				t.Fatalf("%s was sold and is forgotten: %v", name, err)
			}
			switch r.State {
			case reserveState("sold"):
				if err := w.countSold(ctx, r); err != nil {
					t.Fatal(err)
				}
				for _, b := range r.Backs {
					if err := w.comeBack(ctx, r.ID, b); err != nil {
						t.Fatal(err)
					}
					for _, p := range b.Parts {
						n -= p.N
					}
				}
				want += n
			case returning, returned:
			default:
				t.Fatalf("%s was sold and is %s", name, r.State)
			}
		}
		if got := w.audit(t, ctx); got.Sold < want {
			t.Fatalf("%d units are sold, want at least %d", got.Sold, want)
		}
	})
}

// TestASlowTwinNeitherTakesNorCountsAgain halts one try of an order between its
// plan and its cells, lets another try sell the units, and lets the first go on.
func TestASlowTwinNeitherTakesNorCountsAgain(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w, done := newWarehouse(t, ctx, 5)
	defer done()
	slow, err := w.begin(ctx, w.order("ord_a", 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(ctx, w.order("ord_a", 2)); err != nil {
		t.Fatal(err)
	}
	if err := w.takeOne(ctx, slow, slow.Parts[0]); err != nil {
		t.Fatal(err)
	}
	if err := w.countSold(ctx, slow); err != nil {
		t.Fatal(err)
	}
	want := catalog.Stock{SKU: w.sku, Received: 5, Available: 3, Sold: 2}
	if got := w.audit(t, ctx); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
