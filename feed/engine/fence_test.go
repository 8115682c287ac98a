package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/feed/engine"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
)

// owner is the newest claim on a shard.
type owner struct{ epoch atomic.Int64 }

func (o *owner) claim(more engine.KeeperOptions) engine.KeeperOptions {
	mine := o.epoch.Add(1)
	more.Epoch, more.Gather, more.Every = mine, time.Millisecond, -1
	more.Held = func(context.Context) error {
		if o.epoch.Load() != mine {
			return engine.ErrLost
		}
		return nil
	}
	return more
}

// running is a keeper that runs until the test ends.
func running(t *testing.T, e *engine.Engine, s engine.Store, now clock.Now, o engine.KeeperOptions) *engine.Keeper {
	t.Helper()
	k, err := engine.OpenKeeper(t.Context(), e, s, now, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { _ = k.Run(ctx) })
	t.Cleanup(func() { stop(); work.Wait() })
	return k
}

func deeds(from, to int) []engine.Event {
	var out []engine.Event
	for n := from; n < to; n++ {
		out = append(out, deed(n))
	}
	return out
}

func TestOfTwoProcessesWithOneShardTheNewestKeepsItAndNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, late, second bool }{
		"out of events alone":               {},
		"with a snapshot of the old one":    {first: true},
		"with a late one of the old":        {late: true},
		"with snapshots of both":            {first: true, late: true, second: true},
		"with a snapshot of the new":        {second: true},
		"with one of the new, and an older": {first: true, second: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o owner
			store, now := newShelf(), clock.NewFake(start)
			mine := o.claim(engine.KeeperOptions{})
			held, lying := mine.Held, atomic.Bool{}
			mine.Held = func(ctx context.Context) error {
				if lying.Load() {
					return nil // it asked before the other one claimed
				}
				return held(ctx)
			}
			memory := stocked(engine.Options{})
			old := running(t, memory, store, now.Now, mine)
			take := func(k *engine.Keeper, from, to int) {
				t.Helper()
				if err := k.Take(t.Context(), deeds(from, to)...); err != nil {
					t.Fatal(err)
				}
			}
			snapshot := func(k *engine.Keeper) {
				t.Helper()
				if err := k.Snapshot(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			take(old, 0, 100)
			if c.first {
				snapshot(old)
			}
			take(old, 100, 200)
			next := running(t, stocked(engine.Options{}), store, now.Now, o.claim(engine.KeeperOptions{}))
			from := 200
			if c.late {
				from = 220
				memory.Take(start, deeds(200, 220)...) // never acknowledged
				lying.Store(true)
				snapshot(old)
				lying.Store(false)
			}
			if err := old.Take(t.Context(), deeds(from, 240)...); !errors.Is(err, engine.ErrLost) {
				t.Fatalf("the old one answers events with %v", err)
			}
			if err := old.Snapshot(t.Context()); !errors.Is(err, engine.ErrLost) {
				t.Fatalf("the old one makes a snapshot: %v", err)
			}
			if err := old.Take(t.Context(), deeds(from, 240)...); !errors.Is(err, engine.ErrLost) {
				t.Fatalf("the old one answers events it had with %v", err)
			}
			take(next, 200, 300) // the bus tells again what nobody acknowledged
			if c.second {
				snapshot(next)
			}
			take(next, 300, 320)
			last := stocked(engine.Options{})
			if _, err := engine.OpenKeeper(t.Context(), last, store.copied(), now.Now, o.claim(engine.KeeperOptions{})); err != nil {
				t.Fatal(err)
			}
			want := stocked(engine.Options{})
			want.Take(start, deeds(0, 320)...)
			got, wanted := told(last, start), told(want, start)
			drop := func(s string) string { return s[:strings.LastIndex(strings.TrimRight(s, "\n"), "\n")] } // numbers are an epoch's
			differ(t, drop(got), drop(wanted))
		})
	}
}

// gate is a store that lets snapshots in when it is opened.
type gate struct {
	*shelf
	reached, open chan struct{}
	once          sync.Once
	whole         atomic.Int64
}

func newGate() *gate {
	return &gate{shelf: newShelf(), reached: make(chan struct{}), open: make(chan struct{})}
}

func (g *gate) Put(ctx context.Context, key string, object []byte) error {
	if strings.Contains(key, "/snap/") {
		g.once.Do(func() { close(g.reached) })
		select {
		case <-g.open:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if strings.HasSuffix(key, "/whole") {
		g.whole.Add(1)
	}
	return g.shelf.Put(ctx, key, object)
}

func TestEventsAreAcknowledgedWhileASnapshotIsWritten(t *testing.T) {
	t.Parallel()
	store, now := newGate(), clock.NewFake(start)
	k := running(t, stocked(engine.Options{}), store, now.Now, engine.KeeperOptions{Gather: time.Millisecond, Every: -1})
	liked := deed(1)
	liked.User, liked.Kind, liked.Consent = "usr_v1", engine.Like, true
	if err := k.Take(t.Context(), liked); err != nil {
		t.Fatal(err)
	}
	if err := k.Forget(t.Context(), "usr_v1", false); err != nil {
		t.Fatal(err)
	}
	<-store.reached // the snapshot for it hangs now
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := k.Take(ctx, deed(2)); err != nil {
		t.Errorf("while a snapshot is written events wait: %v", err)
	}
	close(store.open)
}

func TestSnapshotsBegunEarlyAreFewAndNotForWhoIsUnknown(t *testing.T) {
	t.Parallel()
	store, now := newGate(), clock.NewFake(start)
	close(store.open)
	k := running(t, stocked(engine.Options{}), store, now.Now, engine.KeeperOptions{Gather: time.Millisecond, Every: -1})
	forget := func(u id.User) {
		t.Helper()
		if err := k.Forget(t.Context(), u, false); err != nil {
			t.Fatal(err)
		}
	}
	wait := func(n int64) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); store.whole.Load() < n; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d snapshots, want %d", store.whole.Load(), n)
			}
		}
	}
	if err := k.Take(t.Context(), deeds(0, 200)...); err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		forget(id.User(fmt.Sprint("usr_nobody", n)))
	}
	if n := store.whole.Load(); n != 0 {
		t.Errorf("%d snapshots for who is unknown", n)
	}
	forget("usr_v1")
	wait(1)
	for range 20 {
		forget("usr_v1")
		now.Advance(time.Second)
	}
	if n := store.whole.Load(); n != 1 {
		t.Errorf("%d snapshots within half a minute", n)
	}
	now.Advance(5 * time.Minute)
	wait(2)
}

// flaky fails to get a segment once.
type flaky struct {
	*shelf
	left int
}

func (f *flaky) Get(ctx context.Context, key string) ([]byte, error) {
	if strings.Contains(key, "/log/") {
		if f.left--; f.left == 0 {
			return nil, errors.New("away for a moment")
		}
	}
	return f.shelf.Get(ctx, key)
}

func TestAStartThatFailedInTheMiddleDoublesNothing(t *testing.T) {
	t.Parallel()
	store, now := newShelf(), clock.NewFake(start)
	k := running(t, stocked(engine.Options{}), store, now.Now, engine.KeeperOptions{Gather: time.Millisecond, Every: -1})
	for n := 0; n < 300; n += 50 {
		if err := k.Take(t.Context(), deeds(n, n+50)...); err != nil {
			t.Fatal(err)
		}
	}
	e := engine.New(engine.Options{})
	o := engine.KeeperOptions{Between: func(context.Context, time.Time) error {
		for n := range postsHere {
			e.Put(post(n, fmt.Sprintf("usr_%d", n%10), start.Add(time.Duration(n)*time.Minute)))
		}
		return nil
	}}
	broken := &flaky{shelf: store.copied(), left: 4}
	if _, err := engine.OpenKeeper(t.Context(), e, broken, now.Now, o); err == nil {
		t.Fatal("a start without a segment worked")
	}
	if _, err := engine.OpenKeeper(t.Context(), e, broken, now.Now, o); err != nil {
		t.Fatal(err)
	}
	want := stocked(engine.Options{})
	want.Take(start, deeds(0, 300)...)
	differ(t, told(e, start), told(want, start))
}

// between does something before each write.
type between struct {
	bytes.Buffer
	do func()
}

func (b *between) Write(p []byte) (int, error) {
	b.do()
	return b.Buffer.Write(p)
}

func TestWhatHappensBetweenThePartsOfASnapshotCountsOnce(t *testing.T) {
	t.Parallel()
	store, now := newShelf(), clock.NewFake(start)
	e := stocked(engine.Options{})
	k := running(t, e, store, now.Now, engine.KeeperOptions{Gather: time.Millisecond, Every: -1})
	n := 0
	next := func() {
		if err := k.Take(t.Context(), deeds(n, n+10)...); err != nil {
			t.Fatal(err)
		}
		n += 10
	}
	for n < 300 {
		next()
	}
	w := &between{do: next}
	from, _, err := e.Snapshot(w, start)
	if err != nil {
		t.Fatal(err)
	}
	killed := store.copied()
	dir := fmt.Sprintf("feed/0-1/snap/%016d-%016d-%016d/", 0, from, start.UnixMilli())
	killed.objects[dir+"000000"], killed.objects[dir+"whole"] = w.Bytes(), []byte("1")
	again := engine.New(engine.Options{})
	if _, err := engine.OpenKeeper(t.Context(), again, killed, now.Now, engine.KeeperOptions{}); err != nil {
		t.Fatal(err)
	}
	differ(t, told(again, start), told(e, start))
}
