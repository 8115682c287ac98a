package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/kernel/clock"
	"meadow/services/platform/bus"
)

func TestAnEventThatNobodyConfirmsLeavesTheBoxOnceTheBusHasIt(t *testing.T) {
	t.Parallel()
	s, b, h := newShop(t), embedded(t, t.TempDir()), newHandled()
	h.on(t, b, plain, "feed")
	r := s.relay(b)
	run(t, r)
	want := plain.Event(s.clock.Now(), "o1", paid{Fen: 5})
	s.place(t, "o1", want)
	r.Kick("o1")
	s.empties(t, "o1")
	eventually(t, "the event", func() bool { return h.count("feed o1") == 1 })
	want.Source = bus.Source{Collection: "orders", ID: "o1"}
	if diff := cmp.Diff(h.last, want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
}

func TestAnEventLeavesTheBoxWhenAllWhomItNamesHaveHandledIt(t *testing.T) {
	t.Parallel()
	s, b, h := newShop(t), embedded(t, t.TempDir()), newHandled()
	h.on(t, b, confirmed, "ledger", "feed")
	r := s.relay(b)
	run(t, r)
	s.place(t, "o1", confirmed.Event(s.clock.Now(), "o1", paid{}))
	r.Kick("o1")
	eventually(t, "one confirmation in the box", func() bool {
		o := s.get(t, "o1")
		return len(o.OutboxTold) == 1 && cmp.Equal(o.OutboxTold[0].Confirmed, []string{"ledger"})
	})
	if o := s.get(t, "o1"); len(o.Outbox) != 1 {
		t.Fatalf("left the box before stock handled it: %+v", o)
	}
	h.on(t, b, confirmed, "stock")
	s.empties(t, "o1")
	if h.count("stock o1") == 0 {
		t.Fatal("stock did not handle it")
	}
}

func TestConfirmationsOfOneDocumentAreOneWrite(t *testing.T) {
	t.Parallel()
	s, b, h := newShop(t), embedded(t, t.TempDir()), newHandled()
	h.on(t, b, confirmed, "ledger", "stock")
	r := s.relay(b)
	run(t, r)
	for i := range 20 {
		id := fmt.Sprint("o", i)
		s.place(t, id, confirmed.Event(s.clock.Now(), id, paid{}))
		r.Kick(id)
		s.empties(t, id)
	}
	once := 0
	for i := range 20 {
		if s.writes(t, fmt.Sprint("o", i)) == 2 { // the order, and all the rest
			once++
		}
	}
	if once < 15 { // a sweep may come between two confirmations
		t.Errorf("%d of 20 boxes were emptied in one write", once)
	}
}

func TestWhatAKillLeftUnannouncedIsSwept(t *testing.T) {
	t.Parallel()
	s, b, h := newShop(t), embedded(t, t.TempDir()), newHandled()
	h.on(t, b, plain, "feed")
	h.on(t, b, confirmed, "ledger", "stock")
	s.place(t, "o1", plain.Event(s.clock.Now(), "o1", paid{}), confirmed.Event(s.clock.Now(), "o1", paid{}))
	// Killed here: no Kick. Another process sweeps.
	r := s.relay(b)
	run(t, r)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o := s.get(t, "o1"); len(o.Outbox) != 2 {
		t.Fatal("swept before the first delivery had its time")
	}
	s.clock.Advance(2100 * time.Millisecond)
	s.empties(t, "o1")
	eventually(t, "all handlers", func() bool {
		return h.count("feed o1") > 0 && h.count("ledger o1") > 0 && h.count("stock o1") > 0
	})
}

func TestNothingIsLostWhenAllDataOfTheBusAreDeletedBeforeTheyAreHandled(t *testing.T) {
	t.Parallel()
	s, h, dir := newShop(t), newHandled(), t.TempDir()
	b := embedded(t, dir)
	r := s.relay(b)
	stop := run(t, r)
	const n = 50
	var ids []string
	for i := range n {
		id := fmt.Sprint("o", i)
		ids = append(ids, id)
		s.place(t, id, confirmed.Event(s.clock.Now(), id, paid{}))
		r.Kick(id)
	}
	stop() // does what was asked: every event is on the bus, handled by nobody
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}

	b = embedded(t, dir)
	h.on(t, b, confirmed, "ledger", "stock")
	run(t, s.relay(b))
	if h.count("ledger o0") != 0 {
		t.Fatal("the bus still had an event")
	}
	s.clock.Advance(3 * time.Second)
	s.empties(t, ids...)
	for _, id := range ids {
		if h.count("ledger "+id) == 0 || h.count("stock "+id) == 0 {
			t.Fatalf("%s was lost", id)
		}
	}
}

// gate is a bus whose line can be cut.
type gate struct {
	bus.Bus
	mu  sync.Mutex
	cut bool
}

var errCut = errors.New("cut")

func (g *gate) set(cut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cut = cut
}

func (g *gate) fault() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cut {
		return errCut
	}
	return nil
}

func (g *gate) Publish(ctx context.Context, e bus.Event, again bool) error {
	return unless(g.fault(), func() error { return g.Bus.Publish(ctx, e, again) })
}

func (g *gate) Ping(ctx context.Context) error {
	return unless(g.fault(), func() error { return g.Bus.Ping(ctx) })
}

func unless(err error, f func() error) error {
	if err != nil {
		return err
	}
	return f()
}

func TestNothingIsLostWhileTheBusIsDown(t *testing.T) {
	t.Parallel()
	s, h := newShop(t), newHandled()
	b := &gate{Bus: embedded(t, t.TempDir())}
	h.on(t, b, plain, "feed")
	h.on(t, b, confirmed, "ledger", "stock")
	r := s.relay(b)
	run(t, r)
	b.set(true)
	var ids []string
	for i := range 30 {
		id := fmt.Sprint("o", i)
		ids = append(ids, id)
		s.place(t, id, plain.Event(s.clock.Now(), id, paid{}), confirmed.Event(s.clock.Now(), id, paid{}))
		r.Kick(id)
	}
	for range 60 { // an hour of sweeps
		s.clock.Advance(time.Minute)
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range ids {
		if n := s.writes(t, id); n != 1 {
			t.Fatalf("%s was written %d times while the bus was down", id, n)
		}
	}
	b.set(false)
	s.empties(t, ids...) // at once, not after a backoff
	for _, id := range ids {
		eventually(t, id, func() bool { return h.count("feed "+id) > 0 })
	}
}

func TestRelaysInTwoProcessesDoNoHarm(t *testing.T) {
	t.Parallel()
	s, h := newShop(t), newHandled()
	first := embedded(t, t.TempDir(), bus.Joinable("127.0.0.1:0", "let-me-in"))
	second, err := bus.Connect(t.Context(), "nats://let-me-in@"+first.Address(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { second.Close() })
	h.on(t, first, confirmed, "ledger")
	h.on(t, second, confirmed, "stock")
	h.on(t, second, plain, "feed")
	a, b := s.relay(first), s.relay(second)
	run(t, a)
	run(t, b)
	var ids []string
	for i := range 100 {
		id := fmt.Sprint("o", i)
		ids = append(ids, id)
		s.place(t, id, plain.Event(s.clock.Now(), id, paid{}), confirmed.Event(s.clock.Now(), id, paid{}))
		switch i % 3 {
		case 0:
			a.Kick(id)
		case 1:
			a.Kick(id)
			b.Kick(id)
		}
	}
	s.clock.Advance(3 * time.Second) // both sweep, too
	s.empties(t, ids...)
	twice := 0
	for _, id := range ids {
		eventually(t, id, func() bool { return h.count("feed "+id) > 0 })
		if h.count("ledger "+id) == 0 || h.count("stock "+id) == 0 {
			t.Fatalf("%s was lost", id)
		}
		if h.count("feed "+id) > 1 {
			twice++
		}
	}
	if twice > 0 {
		t.Errorf("the bus delivered %d facts twice although it was told of each by its id", twice)
	}
}

// wire records publications and does nothing else.
type wire struct {
	mu   sync.Mutex
	sent []string
	now  clock.Now
	from time.Time
}

func (w *wire) Publish(_ context.Context, e bus.Event, again bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, fmt.Sprintf("%s %v %v", e.Topic, w.now().Sub(w.from), again))
	return nil
}
func (w *wire) Ping(context.Context) error                                   { return nil }
func (w *wire) Subscribe(context.Context, string, string, bus.Handler) error { return nil }
func (w *wire) Cast(context.Context, string, []byte) error                   { return nil }
func (w *wire) Listen(string, func(string, []byte)) (func(), error)          { return func() {}, nil }
func (w *wire) Close() error                                                 { return nil }

func TestAnUnconfirmedEventIsPublishedAgainWithBackoff(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	w := &wire{now: s.clock.Now, from: s.clock.Now()}
	r := s.relay(w)
	s.place(t, "o1", plain.Event(s.clock.Now(), "o1", paid{}), confirmed.Event(s.clock.Now(), "o1", paid{}))
	for range 200 {
		s.clock.Advance(time.Second)
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"shop.Paid 3s false", "shop.Settled 3s false",
		"shop.Settled 6s true", "shop.Settled 11s true", "shop.Settled 20s true",
		"shop.Settled 37s true", "shop.Settled 1m10s true", "shop.Settled 2m11s true", "shop.Settled 3m12s true",
	}
	if diff := cmp.Diff(w.sent, want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
	if o := s.get(t, "o1"); len(o.Outbox) != 1 || o.Outbox[0].Topic != confirmed.Name {
		t.Errorf("the box holds %+v", o.Outbox)
	}
}

func TestANewEventDoesNotWaitForAnOldOnesBackoff(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	w := &wire{now: s.clock.Now, from: s.clock.Now()}
	r := s.relay(w)
	s.place(t, "o1", confirmed.Event(s.clock.Now(), "o1", paid{}))
	for range 70 {
		s.clock.Advance(time.Second)
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	before := len(w.sent)
	_, err := s.orders.Update(t.Context(), "o1", func(o *order) error {
		o.Add(s.clock.Now(), plain.Event(s.clock.Now(), "o1", paid{}))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(2001 * time.Millisecond)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.sent[before:], []string{"shop.Paid 1m12.001s false"}); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
}

func TestADocumentThatIsGoneIsForgotten(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), embedded(t, t.TempDir())
	r := s.relay(b)
	stop := run(t, r)
	r.Kick("nobody")
	s.place(t, "o1", plain.Event(s.clock.Now(), "o1", paid{}))
	r.Kick("o1")
	s.empties(t, "o1")
	stop()
}
