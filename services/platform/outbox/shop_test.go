package outbox_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"meadow/services/kernel/clock"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/outbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

type orderID string

type order struct {
	ID         orderID `bson:"_id"`
	Paid       bool    `bson:"paid"`
	outbox.Box `bson:",inline"`
}

type paid struct{ Fen int64 }

var (
	plain     = bus.Topic[paid]{Name: "shop.Paid"}
	confirmed = bus.Topic[paid]{Name: "shop.Settled", Confirm: []string{"ledger", "stock"}}
)

// shop is what the processes of a test share.
type shop struct {
	clock  *clock.Fake
	driver docdb.Driver
	orders *docdb.Collection[order]
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{clock: clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))}
	db, err := pebbledoc.Open(t.Context(), "db", pebbledoc.Options{Now: s.clock.Now, FS: vfs.NewMem(), SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s.driver = db
	s.orders, err = docdb.Open[order](t.Context(), db, s.clock.Now, docdb.Schema{Name: "orders", Indexes: []docdb.Index{outbox.Index}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shop) relay(b bus.Bus) *outbox.Relay[order] {
	return outbox.NewRelay(s.orders, "orders", func(o *order) *outbox.Box { return &o.Box },
		outbox.Deps{Bus: b, Now: s.clock.Now, Log: quiet})
}

// run runs a relay until the test ends or stop is called.
func run(t *testing.T, r *outbox.Relay[order]) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// place stores an order that has events to announce.
func (s *shop) place(t *testing.T, id string, events ...bus.Event) {
	t.Helper()
	o := order{Paid: true}
	for _, e := range events {
		o.Add(s.clock.Now(), e)
	}
	if err := s.orders.Insert(t.Context(), id, o); err != nil {
		t.Fatal(err)
	}
}

func (s *shop) get(t *testing.T, id string) order {
	t.Helper()
	o, err := s.orders.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// writes returns how often the order has been written.
func (s *shop) writes(t *testing.T, id string) int64 {
	t.Helper()
	docs, err := s.driver.Get(t.Context(), "orders", id)
	if err != nil || len(docs) != 1 {
		t.Fatalf("%v, %v", docs, err)
	}
	return docs[0].Rev
}

// empties waits until the box of every order is empty.
func (s *shop) empties(t *testing.T, ids ...string) {
	t.Helper()
	for _, id := range ids {
		eventually(t, "the box of "+id+" to be empty", func() bool { return len(s.get(t, id).Outbox) == 0 })
		if o := s.get(t, id); !o.OutboxDue.IsZero() || o.OutboxTold != nil || !o.Paid {
			t.Fatalf("%s is left as %+v", id, o)
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func embedded(t *testing.T, dir string, opts ...bus.Option) *bus.NATS {
	t.Helper()
	b, err := bus.Embedded(t.Context(), dir, quiet, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// handled counts what consumers have handled, as "consumer event-key".
type handled struct {
	mu   sync.Mutex
	seen map[string]int
	last bus.Event
}

func (h *handled) count(what string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen[what]
}

func (h *handled) on(t *testing.T, b bus.Bus, topic bus.Topic[paid], consumers ...string) {
	t.Helper()
	for _, c := range consumers {
		err := bus.On(t.Context(), b, c, topic, func(_ context.Context, e bus.Event, _ paid) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.seen[c+" "+e.Key]++
			h.last = e
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func newHandled() *handled { return &handled{seen: map[string]int{}} }
