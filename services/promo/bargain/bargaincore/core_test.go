package bargaincore

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

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
