package bargaincore

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"meadow/services/account"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
	"meadow/services/promo/bargain"
	"meadow/services/promo/bargain/bargaintest"
)

func TestBargainsKeepTheirPromises(t *testing.T) {
	t.Parallel()
	bargaintest.Run(t, func(t *testing.T) *bargaintest.World {
		w, _ := build(t, nil)
		return w
	})
}

// build returns a world over a disk in memory.
func build(t *testing.T, wrap func(docdb.Driver) docdb.Driver) (*bargaintest.World, *Core) {
	t.Helper()
	k := clock.NewFake(time.Date(2030, 5, 1, 10, 0, 0, 0, time.UTC))
	db, err := pebbledoc.Open(context.Background(), "db", pebbledoc.Options{FS: vfs.NewMem(), Now: k.Now, SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	driver := docdb.Driver(db)
	if wrap != nil {
		driver = wrap(db)
	}
	log := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: db, Now: k.Now, Log: log, Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	n := bargaintest.NewNeighbours()
	c, err := New(t.Context(), Deps{DB: driver, Jobs: runner, Now: k.Now, Log: log, Account: n.Account(), Catalog: n.Catalog()})
	if err != nil {
		t.Fatal(err)
	}
	return &bargaintest.World{Neighbours: n, Service: c, Source: c, Now: k.Now, Advance: k.Advance, Tick: runner.Tick}, c
}

func TestCutsSumDiminishAndAreCapped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cuts := rapid.IntRange(1, 100).Draw(t, "cuts")
		news := rapid.IntRange(0, cuts).Draw(t, "news")
		total := rapid.Int64Range(int64(cuts), 1<<40).Draw(t, "total")
		larger, rest, err := split(money.CNY(total), cuts, news, secret())
		if err != nil {
			t.Fatal(err)
		}
		all := slices.Concat(larger, rest)
		sum := int64(0)
		for i, c := range all {
			if sum += c; c < 1 || i > 0 && c > all[i-1] {
				t.Fatalf("cut %d of %v", i, all)
			}
		}
		if sum != total || len(larger) != news || len(all) != cuts {
			t.Fatalf("%v and %v sum to %d, want %d", larger, rest, sum, total)
		}
		if least, most := slices.Min(all), slices.Max(all); most > bargain.LargestOfSmallest*(least+1)+1 {
			t.Fatalf("from %d to %d", least, most)
		}
	})
}

// meddler lets something happen when a helper's day is first counted.
type meddler struct {
	docdb.Driver
	then func()
}

func (m *meddler) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	if then := m.then; then != nil && coll == "bargain_days" {
		m.then = nil
		then()
	}
	return m.Driver.Insert(ctx, coll, docs...)
}

func TestWhoComesTooLateKeepsTheirDayAndTheirLargerCut(t *testing.T) {
	t.Parallel()
	m := &meddler{}
	w, c := build(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
	o := w.Start(t, func(in *bargain.Terms) { in.Cuts, in.NewCuts = 1, 1 })
	b, err := c.Begin(as(t, "usr_a"), bargain.Begin{Offer: o.ID})
	if err != nil {
		t.Fatal(err)
	}
	w.SetMade("usr_late", w.Now())
	m.then = func() {
		if _, err := c.Cut(as(t, "usr_quick"), bargain.Cut{ID: b.ID, From: account.From{Client: "1"}, RequestID: "1"}); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Cut(as(t, "usr_late"), bargain.Cut{ID: b.ID, From: account.From{Client: "2"}, Device: "2", RequestID: "2"}); !errors.Is(err, bargain.ErrAtFloor) {
		t.Errorf("too late: %v", err)
	}
	counted := 0
	if err := c.days.Each(t.Context(), func(_ string, d day) error { counted += len(d.Helps); return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := c.newcomers.Get(t.Context(), "phone usr_late"); counted != 2 || !errors.Is(err, docdb.ErrNotFound) { // the quick one's person and place
		t.Errorf("%d are counted, and of the larger cut: %v", counted, err)
	}
}
