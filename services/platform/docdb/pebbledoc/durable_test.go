package pebbledoc_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"meadow/services/kernel/clock"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
)

type thing struct {
	ID   string     `bson:"_id"`
	Kind string     `bson:"kind"`
	N    int64      `bson:"n"`
	Gone *time.Time `bson:"gone,omitempty"`
}

var things = docdb.Schema{Name: "things", Expiry: "gone", Indexes: []docdb.Index{{Name: "kind", Keys: []string{"kind"}}, {Name: "n", Keys: []string{"n"}, Unique: true}}}

func declare(t testing.TB, d docdb.Driver, now clock.Now, s docdb.Schema) *docdb.Collection[thing] {
	t.Helper()
	c, err := docdb.Open[thing](t.Context(), d, now, s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func find(t testing.TB, c *docdb.Collection[thing], kind string) []string {
	t.Helper()
	p, err := c.Find(t.Context(), docdb.Query{Index: "kind", Equal: []any{kind}, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, v := range p.Items {
		out = append(out, v.ID)
	}
	return out
}

func TestWhatWasWrittenIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 3 {
		d, err := pebbledoc.Open(t.Context(), dir, pebbledoc.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := declare(t, d, clock.System, things)
		if got := len(find(t, c, "k")); got != round {
			t.Errorf("round %d: found %d, want %d", round, got, round)
		}
		if err := c.Insert(t.Context(), fmt.Sprint("t", round), thing{Kind: "k", N: int64(round)}); err != nil {
			t.Fatal(err)
		}
		if round > 0 {
			if err := c.Insert(t.Context(), "x", thing{Kind: "k", N: 0}); !errors.As(err, new(docdb.Duplicate)) {
				t.Errorf("round %d: got %v, want Duplicate", round, err)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPowerLossTakesNothingThatWasAnswered(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		disk := vfs.NewCrashableMem()
		d := open(t, "db", pebbledoc.Options{FS: disk})
		c := declare(t, d, clock.System, things)
		var answered [40]atomic.Int64 // how often each was incremented, as answered
		var wg sync.WaitGroup
		cut := make(chan struct{})
		for i := range answered {
			wg.Go(func() {
				id := fmt.Sprintf("t%02d", i)
				if err := c.Insert(t.Context(), id, thing{Kind: "k", N: int64(i) << 40}); err != nil {
					t.Error(err)
				}
				for {
					v, err := c.Inc(t.Context(), id, "n", 1, 0)
					if err != nil {
						t.Error(err)
						return
					}
					answered[i].Store(v.N)
					select {
					case <-cut:
						return
					default:
					}
				}
			})
		}
		for answered[7].Load() < 7<<40+20 {
			time.Sleep(time.Millisecond) // the writers are real goroutines
		}
		var known [40]int64
		for i := range known {
			known[i] = answered[i].Load()
		}
		after := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: int(seed * 25), RNG: rng(seed)})
		close(cut)
		wg.Wait()
		c = declare(t, open(t, "db", pebbledoc.Options{FS: after}), clock.System, things)
		for i, want := range known {
			if want == 0 {
				continue
			}
			v, err := c.Get(t.Context(), fmt.Sprintf("t%02d", i))
			if err != nil || v.N < want {
				t.Errorf("seed %d: document %d: got %d, %v; %d was answered before the power went", seed, i, v.N, err, want)
			}
			p, err := c.Find(t.Context(), docdb.Query{Index: "n", Equal: []any{v.N}, Limit: 1})
			if err != nil || len(p.Items) != 1 || p.Items[0].ID != v.ID {
				t.Errorf("seed %d: document %d: its index and it disagree", seed, i)
			}
		}
	}
}

func TestAFailingDiskIsReportedAndStopsTheDatabase(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	disk := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if broken.Load() && (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpFileSyncTo) {
			return syscall.ENOSPC
		}
		return nil
	}))
	d, err := pebbledoc.Open(t.Context(), "db", pebbledoc.Options{FS: disk, SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	c := declare(t, d, clock.System, things)
	if err := c.Insert(t.Context(), "a", thing{N: 1}); err != nil {
		t.Fatal(err)
	}
	broken.Store(true)
	if err := c.Insert(t.Context(), "b", thing{N: 2}); !errors.Is(err, pebbledoc.ErrStopped) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("insert on a full disk: got %v, want ErrStopped because of ENOSPC", err)
	}
	broken.Store(false)
	if _, err := c.Inc(t.Context(), "a", "n", 1, 0); !errors.Is(err, pebbledoc.ErrStopped) {
		t.Errorf("the next write: got %v, want ErrStopped", err)
	}
	if _, err := c.Get(t.Context(), "a"); !errors.Is(err, pebbledoc.ErrStopped) {
		t.Errorf("the next read: got %v, want ErrStopped", err)
	}
	if err := d.Ping(t.Context()); !errors.Is(err, pebbledoc.ErrStopped) {
		t.Errorf("ping: got %v, want ErrStopped", err)
	}
}

func TestAFolderIsOpenedOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir, pebbledoc.Options{})
	if _, err := pebbledoc.Open(t.Context(), dir, pebbledoc.Options{}); !errors.Is(err, pebbledoc.ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
}

func TestClosingWaitsAndRefusesWhatComesAfter(t *testing.T) {
	t.Parallel()
	d, err := pebbledoc.Open(t.Context(), t.TempDir(), pebbledoc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := declare(t, d, clock.System, things)
	var wg sync.WaitGroup
	var stored atomic.Int64
	for i := range 8 {
		wg.Go(func() {
			for n := range 1_000_000 {
				err := c.Insert(t.Context(), fmt.Sprintf("%d-%d", i, n), thing{N: int64(i*1_000_000 + n)})
				if errors.Is(err, pebbledoc.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				stored.Add(1)
			}
		})
	}
	for stored.Load() < 50 {
		time.Sleep(time.Millisecond)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := d.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestACheckpointIsADatabaseOfItsMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := open(t, dir+"/db", pebbledoc.Options{})
	c := declare(t, d, clock.System, things)
	for i := range 20 {
		if err := c.Insert(t.Context(), fmt.Sprintf("%02d", i), thing{Kind: "k", N: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Checkpoint(t.Context(), dir+"/copy"); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), "00"); err != nil {
		t.Fatal(err)
	}
	copied := declare(t, open(t, dir+"/copy", pebbledoc.Options{}), clock.System, things)
	if got := find(t, copied, "k"); len(got) != 20 {
		t.Errorf("the copy has %d, want 20", len(got))
	}
}

func TestSweepingRemovesWhatExpired(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(clock.System())
	d := open(t, t.TempDir(), pebbledoc.Options{Now: now.Now})
	c := declare(t, d, now.Now, things)
	soon, later := now.Now().Add(time.Hour), now.Now().Add(3*time.Hour)
	for i := range 700 {
		if err := c.Insert(t.Context(), fmt.Sprintf("%03d", i), thing{Kind: "k", N: int64(i), Gone: &soon}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Update(t.Context(), "007", func(v *thing) error { v.Gone = &later; return nil }); err != nil {
		t.Fatal(err)
	}
	sweep := func(want int) {
		t.Helper()
		if n, err := d.Sweep(t.Context()); err != nil || n != want {
			t.Errorf("swept %d, %v, want %d", n, err, want)
		}
	}
	sweep(0)
	now.Advance(2 * time.Hour)
	sweep(699)
	sweep(0)
	docs, err := d.Scan(t.Context(), "things", "", 1000)
	if err != nil || len(docs) != 1 || docs[0].ID != "007" {
		t.Errorf("%d documents are left, %v, want only 007", len(docs), err)
	}
	if err := c.Insert(t.Context(), "new", thing{N: 3}); err != nil {
		t.Errorf("the unique key of a swept document is not free: %v", err)
	}
	now.Advance(2 * time.Hour)
	sweep(1)
}

func TestSweepingSparesWhatNoLongerExpires(t *testing.T) {
	t.Parallel()
	disk, now := vfs.NewMem(), clock.NewFake(clock.System())
	session := func(s docdb.Schema, do func(d *pebbledoc.DB, c *docdb.Collection[thing])) {
		t.Helper()
		d, err := pebbledoc.Open(t.Context(), "db", pebbledoc.Options{FS: disk, Now: now.Now, SweepEvery: -1})
		if err != nil {
			t.Fatal(err)
		}
		do(d, declare(t, d, now.Now, s))
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	session(things, func(_ *pebbledoc.DB, c *docdb.Collection[thing]) {
		if err := c.Insert(t.Context(), "a", thing{Gone: new(now.Now().Add(time.Hour))}); err != nil {
			t.Fatal(err)
		}
	})
	now.Advance(2 * time.Hour)
	session(docdb.Schema{Name: "things"}, func(d *pebbledoc.DB, c *docdb.Collection[thing]) {
		if n, err := d.Sweep(t.Context()); n != 0 || err != nil {
			t.Errorf("without an expiry: swept %d, %v", n, err)
		}
		if _, err := c.Get(t.Context(), "a"); err != nil {
			t.Errorf("without an expiry: %v", err)
		}
	})
	session(things, func(d *pebbledoc.DB, _ *docdb.Collection[thing]) {
		if n, err := d.Sweep(t.Context()); n != 1 || err != nil {
			t.Errorf("with its expiry again: swept %d, %v, want 1", n, err)
		}
	})
}

func TestTheSweeperWorksByItself(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(clock.System())
	d := open(t, t.TempDir(), pebbledoc.Options{Now: now.Now, SweepEvery: time.Millisecond})
	c := declare(t, d, now.Now, things)
	past := now.Now().Add(-time.Second)
	if err := c.Insert(t.Context(), "a", thing{Gone: &past}); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		docs, err := d.Scan(t.Context(), "things", "", 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(docs) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the expired document is still there after 10 s")
		}
	}
}

func TestAnIndexNoLongerDeclaredIsForgottenAndBuiltAnewWhenItReturns(t *testing.T) {
	t.Parallel()
	disk := vfs.NewMem()
	session := func(s docdb.Schema, do func(c *docdb.Collection[thing])) {
		t.Helper()
		d, err := pebbledoc.Open(t.Context(), "db", pebbledoc.Options{FS: disk, SweepEvery: -1})
		if err != nil {
			t.Fatal(err)
		}
		do(declare(t, d, clock.System, s))
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	put := func(id, kind string, n int64) func(*docdb.Collection[thing]) {
		return func(c *docdb.Collection[thing]) {
			if _, err := c.Upsert(t.Context(), id, func(v *thing) error { v.Kind, v.N = kind, n; return nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	session(things, put("a", "k", 1))
	session(docdb.Schema{Name: "things"}, put("a", "l", 2))
	session(docdb.Schema{Name: "things"}, put("b", "k", 2)) // n is not unique in this one
	session(docdb.Schema{Name: "things"}, put("b", "k", 3))
	session(things, func(c *docdb.Collection[thing]) {
		if got := find(t, c, "k"); !slices.Equal(got, []string{"b"}) {
			t.Errorf("k lists %v, want b", got)
		}
		if got := find(t, c, "l"); !slices.Equal(got, []string{"a"}) {
			t.Errorf("l lists %v, want a", got)
		}
	})
}

func TestAZeroInstantIsNoExpiry(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), pebbledoc.Options{})
	c := declare(t, d, clock.System, things)
	if err := c.Insert(t.Context(), "a", thing{Gone: &time.Time{}}); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if _, err := c.Get(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

// MongoDB refuses it too; the suite leaves it out because not every server that
// speaks its protocol does.
func TestAnOverflowIsRefused(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), pebbledoc.Options{})
	c := declare(t, d, clock.System, things)
	for start, delta := range map[int64]int64{math.MaxInt64: 1, math.MinInt64: -1, 2: math.MaxInt64, -2: math.MinInt64} {
		id := fmt.Sprint(start)
		if err := c.Insert(t.Context(), id, thing{N: start}); err != nil {
			t.Fatal(err)
		}
		if v, err := c.UpdateIf(t.Context(), id, nil, []docdb.Change{{Field: "n", Verb: docdb.Add, Value: delta}}); err == nil {
			t.Errorf("%d and %d: got %d and no error", start, delta, v.N)
		}
	}
}
