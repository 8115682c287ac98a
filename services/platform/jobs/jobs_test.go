package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errNotNow = errors.New("not now")

func database(t *testing.T, now clock.Now) docdb.Driver {
	t.Helper()
	db, err := pebbledoc.Open(t.Context(), "db", pebbledoc.Options{Now: now, FS: vfs.NewMem(), SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func runner(t *testing.T, db docdb.Driver, now clock.Now) *jobs.Runner {
	t.Helper()
	r, err := jobs.New(t.Context(), jobs.Deps{DB: db, Now: now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// count returns a job that counts its runs.
func count(n *atomic.Int64) jobs.Func {
	return func(context.Context) error {
		n.Add(1)
		return nil
	}
}

func fake() *clock.Fake { return clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)) }

func TestAJobRunsOncePerIntervalHoweverManyProcesses(t *testing.T) {
	t.Parallel()
	c := fake()
	db := database(t, c.Now)
	var n atomic.Int64
	a, b := runner(t, db, c.Now), runner(t, db, c.Now)
	a.Every("settle", time.Minute, count(&n))
	b.Every("settle", time.Minute, count(&n))
	for want := int64(1); want <= 5; want++ {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { a.Tick(t.Context()) })
			wg.Go(func() { b.Tick(t.Context()) })
		}
		wg.Wait()
		if got := n.Load(); got != want {
			t.Fatalf("ran %d times in %d intervals", got, want)
		}
		c.Advance(59 * time.Second)
		a.Tick(t.Context())
		b.Tick(t.Context())
		if got := n.Load(); got != want {
			t.Fatalf("ran before it was due")
		}
		c.Advance(time.Second)
	}
}

func TestARunningJobRunsNowhereElse(t *testing.T) {
	t.Parallel()
	c := fake()
	db := database(t, c.Now)
	a, b := runner(t, db, c.Now), runner(t, db, c.Now)
	begun, finish := make(chan struct{}), make(chan struct{})
	a.Every("settle", time.Second, func(context.Context) error {
		close(begun)
		<-finish
		return nil
	})
	var n atomic.Int64
	b.Every("settle", time.Second, count(&n))
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.Tick(t.Context())
	}()
	<-begun
	c.Advance(20 * time.Second) // long due, and the lease holds
	b.Tick(t.Context())
	if err := b.RunOnce(t.Context(), "settle"); !errors.Is(err, jobs.ErrHeld) {
		t.Errorf("RunOnce: %v, want ErrHeld", err)
	}
	if n.Load() != 0 {
		t.Fatal("ran in two processes at once")
	}
	close(finish)
	<-done
	if err := b.RunOnce(t.Context(), "settle"); err != nil || n.Load() != 1 {
		t.Errorf("RunOnce: %v, ran %d times", err, n.Load())
	}
}

func TestADeadProcessIsReplacedWhenItsLeaseEnds(t *testing.T) {
	t.Parallel()
	c := fake()
	db := database(t, c.Now)
	a, b := runner(t, db, c.Now), runner(t, db, c.Now)
	begun, finish := make(chan struct{}), make(chan struct{})
	a.Every("settle", time.Second, func(context.Context) error { // hangs, as good as dead
		close(begun)
		<-finish
		return nil
	})
	var n atomic.Int64
	b.Every("settle", time.Second, count(&n))
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.Tick(t.Context())
	}()
	<-begun
	c.Advance(29 * time.Second)
	b.Tick(t.Context())
	if n.Load() != 0 {
		t.Fatal("taken over before the lease ended")
	}
	c.Advance(time.Second)
	b.Tick(t.Context())
	if n.Load() != 1 {
		t.Fatal("not taken over")
	}
	close(finish) // the dead awakes; it must not disturb the other's schedule
	<-done
	third := runner(t, db, c.Now)
	third.Every("settle", time.Second, count(&n))
	third.Tick(t.Context())
	if n.Load() != 1 {
		t.Fatal("one that had lost its lease changed when the job is due")
	}
	c.Advance(time.Second)
	third.Tick(t.Context())
	if n.Load() != 2 {
		t.Fatalf("ran %d times, want 2", n.Load())
	}
}

func TestAFailedJobIsRetriedBeforeItsIntervalEnds(t *testing.T) {
	t.Parallel()
	c := fake()
	r := runner(t, database(t, c.Now), c.Now)
	var n atomic.Int64
	r.Every("settle", time.Hour, func(context.Context) error {
		switch n.Add(1) {
		case 1:
			return errNotNow
		case 2:
			panic("a bug")
		}
		return nil
	})
	var at []time.Duration
	for s := range 2 * 3600 {
		before := n.Load()
		r.Tick(t.Context())
		if n.Load() > before {
			at = append(at, time.Duration(s)*time.Second)
		}
		c.Advance(time.Second)
	}
	if len(at) != 4 || at[0] != 0 || at[1] != 10*time.Second || at[2] != 30*time.Second || at[3] != 30*time.Second+time.Hour {
		t.Errorf("ran at %v", at)
	}
}

func TestAJobActsForTheShop(t *testing.T) {
	t.Parallel()
	c := fake()
	r := runner(t, database(t, c.Now), c.Now)
	r.Every("settle", time.Hour, func(ctx context.Context) error {
		if a := actor.From(ctx); a.System != "settle" {
			t.Errorf("ran as %+v", a)
		}
		return errNotNow
	})
	if err := r.RunOnce(t.Context(), "settle"); !errors.Is(err, errNotNow) {
		t.Errorf("RunOnce: %v, want the job's error", err)
	}
	if err := r.RunOnce(t.Context(), "nothing"); !errors.Is(err, jobs.ErrUnknown) {
		t.Errorf("RunOnce: %v, want ErrUnknown", err)
	}
}

// The tests below let Run's own timers tick, in a bubble where time is free.

func TestALongJobKeepsItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := database(t, clock.System)
		a, b := runner(t, db, clock.System), runner(t, db, clock.System)
		var running, most, runs atomic.Int64
		work := func(ctx context.Context) error {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			runs.Add(1)
			select {
			case <-time.After(5 * time.Minute):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		a.Every("settle", time.Minute, work)
		b.Every("settle", time.Minute, work)
		ctx, cancel := context.WithTimeout(t.Context(), 21*time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { _ = a.Run(ctx) })
		wg.Go(func() { _ = b.Run(ctx) })
		wg.Wait()
		if most.Load() != 1 {
			t.Errorf("%d ran at once", most.Load())
		}
		if runs.Load() < 4 {
			t.Errorf("ran %d times in 21 minutes, want 4 or 5", runs.Load())
		}
		if running.Load() != 0 {
			t.Error("Run returned before its job")
		}
	})
}

// outage is a driver that can be cut off.
type outage struct {
	docdb.Driver
	cut atomic.Bool
}

func (o *outage) Get(ctx context.Context, coll string, ids ...string) ([]docdb.Doc, error) {
	if o.cut.Load() {
		return nil, errNotNow
	}
	return o.Driver.Get(ctx, coll, ids...)
}

func TestAJobThatCannotKeepItsLeaseIsStoppedBeforeOthersMayRunIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &outage{Driver: database(t, clock.System)}
		r := runner(t, db, clock.System)
		var lasted time.Duration
		r.Every("settle", time.Minute, func(ctx context.Context) error {
			time.Sleep(65 * time.Second) // in the bubble: six renewals
			db.cut.Store(true)
			begun := time.Now()
			<-ctx.Done()
			lasted = time.Since(begun)
			if !errors.Is(context.Cause(ctx), jobs.ErrLost) {
				t.Errorf("ended because of %v, want ErrLost", context.Cause(ctx))
			}
			return ctx.Err()
		})
		if err := r.RunOnce(t.Context(), "settle"); !errors.Is(err, jobs.ErrLost) {
			t.Errorf("RunOnce: %v, want ErrLost", err)
		}
		if lasted < 10*time.Second || lasted >= 30*time.Second {
			t.Errorf("went on for %v, want until a renewal before 30 s", lasted)
		}
	})
}

func TestAJobInterruptedByAStopIsDueAtOnceElsewhere(t *testing.T) {
	t.Parallel()
	c := fake()
	db := database(t, c.Now)
	a, b := runner(t, db, c.Now), runner(t, db, c.Now)
	ctx, stop := context.WithCancel(t.Context())
	a.Every("settle", time.Hour, func(ctx context.Context) error {
		stop()
		<-ctx.Done()
		return ctx.Err()
	})
	var n atomic.Int64
	b.Every("settle", time.Hour, count(&n))
	a.Tick(ctx)
	b.Tick(t.Context())
	if n.Load() != 1 {
		t.Fatal("the next process did not go on with it")
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c := fake()
	r := runner(t, database(t, c.Now), c.Now)
	ran := make(chan struct{}, 100)
	r.Every("settle", time.Hour, func(context.Context) error {
		ran <- struct{}{}
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	<-ran
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
