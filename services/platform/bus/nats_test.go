package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"meadow/services/platform/bus"
	"meadow/services/platform/bus/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

func closing(t *testing.T, b *bus.NATS, err error) *bus.NATS {
	t.Helper()
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

func embedded(t *testing.T, dir string, opts ...bus.Option) *bus.NATS {
	t.Helper()
	b, err := bus.Embedded(t.Context(), dir, quiet, opts...)
	return closing(t, b, err)
}

func connect(t *testing.T, url string) *bus.NATS {
	t.Helper()
	b, err := bus.Connect(t.Context(), url, quiet)
	return closing(t, b, err)
}

func TestEmbeddedInOneProcess(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(t *testing.T, processes int) []bus.Bus {
		b := embedded(t, t.TempDir())
		out := make([]bus.Bus, processes)
		for i := range out {
			out[i] = b
		}
		return out
	})
}

func TestEmbeddedThatOthersJoin(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(t *testing.T, processes int) []bus.Bus {
		b := embedded(t, t.TempDir(), bus.Joinable("127.0.0.1:0", "let-me-in"))
		out := []bus.Bus{b}
		for len(out) < processes {
			out = append(out, connect(t, "nats://let-me-in@"+b.Address()))
		}
		return out
	})
}

func TestAServerOfItsOwn(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(t *testing.T, processes int) []bus.Bus {
		s := serve(t, t.TempDir(), server.RANDOM_PORT)
		out := make([]bus.Bus, processes)
		for i := range out {
			out[i] = connect(t, s.ClientURL())
		}
		return out
	})
}

// serve runs a NATS server as its operator would.
func serve(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true, JetStream: true, StoreDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("server did not start")
	}
	return s
}

type shipped struct{}

var topic = bus.Topic[shipped]{Name: "shop.Shipped"}

func fact(key string) bus.Event {
	return topic.Event(time.Unix(1_900_000_000, 0).UTC(), key, shipped{})
}

// deliveries returns a channel of the keys that consumer is given.
func deliveries(t *testing.T, b bus.Bus, consumer string) <-chan string {
	t.Helper()
	keys := make(chan string, 1000)
	err := b.Subscribe(t.Context(), consumer, topic.Name, func(_ context.Context, e bus.Event) error {
		keys <- e.Key
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func await(t *testing.T, keys <-chan string, want string) {
	t.Helper()
	select {
	case got := <-keys:
		if got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("waited in vain for %s", want)
	}
}

func publish(t *testing.T, b bus.Bus, key string) {
	t.Helper()
	if err := b.Publish(t.Context(), fact(key), false); err != nil {
		t.Fatal(err)
	}
}

func TestEventsSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := embedded(t, dir)
	handled := deliveries(t, b, "ledger")
	publish(t, b, "o1")
	await(t, handled, "o1")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}

	b = embedded(t, dir)
	publish(t, b, "o2") // nobody subscribes yet
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}

	b = embedded(t, dir)
	publish(t, b, "o2") // a duplicate, also across restarts
	again := deliveries(t, b, "ledger")
	await(t, again, "o2")
	publish(t, b, "o3")
	await(t, again, "o3") // neither o1 nor o2 came twice
}

func TestASecondProcessIsKeptOutOfTheFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := embedded(t, dir)
	if second, err := bus.Embedded(t.Context(), dir, quiet); err == nil {
		second.Close()
		t.Fatal("two buses opened one folder")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	embedded(t, dir)
}

func TestNothingListensUnlessAsked(t *testing.T) {
	t.Parallel()
	if a := embedded(t, t.TempDir()).Address(); a != "" {
		t.Fatalf("listens on %s", a)
	}
}

func TestJoiningNeedsTheToken(t *testing.T) {
	t.Parallel()
	b := embedded(t, t.TempDir(), bus.Joinable("127.0.0.1:0", "let-me-in"))
	for _, u := range []string{"nats://" + b.Address(), "nats://wrong@" + b.Address()} {
		if c, err := bus.Connect(t.Context(), u, quiet); err == nil {
			c.Close()
			t.Errorf("%s was let in", u)
		}
	}
	if _, err := bus.Embedded(t.Context(), t.TempDir(), quiet, bus.Joinable("127.0.0.1:0", "")); err == nil {
		t.Error("an address without a token was taken")
	}
}

func TestAServerThatLostEverythingIsSetUpAnew(t *testing.T) {
	t.Parallel()
	first := serve(t, t.TempDir(), server.RANDOM_PORT)
	u, err := url.Parse(first.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	a, b := connect(t, first.ClientURL()), connect(t, first.ClientURL())
	handled := deliveries(t, b, "ledger")
	publish(t, a, "o1")
	await(t, handled, "o1")

	first.Shutdown()
	first.WaitForShutdown()
	serve(t, filepath.Join(t.TempDir(), "empty"), port(t, u))
	eventually(t, "the connection", func() bool { return ping(t, a) == nil })
	publish(t, a, "o2")
	await(t, handled, "o2")
	publish(t, a, "o3")
	await(t, handled, "o3")
}

// ping asks for a quick answer: a connection that is about to break takes the
// question and never answers.
func ping(t *testing.T, b bus.Bus) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	return b.Ping(ctx)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestABusWithoutItsServerRefuses(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), server.RANDOM_PORT)
	b := connect(t, s.ClientURL())
	s.Shutdown()
	s.WaitForShutdown()
	eventually(t, "the bus to notice", func() bool { return ping(t, b) != nil })
	eventually(t, "the bus to refuse at once", func() bool {
		return errors.Is(b.Publish(t.Context(), fact("o1"), false), nats.ErrDisconnected)
	})
	if err := b.Cast(t.Context(), "room.r1", nil); err == nil {
		t.Error("Cast without a server succeeded")
	}
	if _, err := b.Listen("room.r1", func(string, []byte) {}); err == nil {
		t.Error("Listen without a server succeeded")
	}
	if err := b.Subscribe(t.Context(), "ledger", topic.Name, nil); err == nil {
		t.Error("Subscribe without a server succeeded")
	}
}

func TestCloseDoesNotWaitForAServerThatIsDown(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), server.RANDOM_PORT)
	b := connect(t, s.ClientURL())
	deliveries(t, b, "ledger")
	s.Shutdown()
	s.WaitForShutdown()
	closed := make(chan error, 1)
	go func() { closed <- b.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(4 * time.Second):
		t.Error("Close waits for nobody")
		<-closed
	}
}
func port(t *testing.T, u *url.URL) int {
	t.Helper()
	p, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What a process that stops had fetched goes to the others at once, not when
// its acknowledgements are overdue.
func TestAProcessThatStopsGivesBackWhatItHadFetched(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), server.RANDOM_PORT)
	a, b := connect(t, s.ClientURL()), connect(t, s.ClientURL())
	const n = 32 // what a handler has at most, and as many fetched
	begun, finish := make(chan struct{}, n), make(chan struct{})
	let := sync.OnceFunc(func() { close(finish) })
	t.Cleanup(let)
	err := a.Subscribe(t.Context(), "ledger", topic.Name, func(context.Context, bus.Event) error {
		begun <- struct{}{}
		<-finish
		return errors.New("not now")
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		publish(t, a, fmt.Sprint("o", i))
	}
	for range 16 {
		<-begun
	}
	closed := make(chan error, 1)
	go func() { closed <- a.Close() }()
	handled := deliveries(t, b, "ledger")
	seen := map[string]bool{}
	late := time.After(15 * time.Second) // half of what waiting for the overdue takes
	for len(seen) < n {
		select {
		case key := <-handled:
			seen[key] = true
		case <-late:
			t.Fatalf("%d of %d after 15 s", len(seen), n)
		}
		if len(seen) == n/2 {
			let()
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestAStreamDeletedWhileRunningIsMadeAnew(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), server.RANDOM_PORT)
	a, b := connect(t, s.ClientURL()), connect(t, s.ClientURL())
	handled := deliveries(t, b, "ledger")
	publish(t, a, "o1")
	await(t, handled, "o1")

	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), "MEADOW"); err != nil {
		t.Fatal(err)
	}
	publish(t, a, "o2")
	await(t, handled, "o2")
}

func TestAProcessHasOneSubscriptionHoweverManyListen(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), server.RANDOM_PORT)
	b := connect(t, s.ClientURL())
	before := s.NumSubscriptions()
	var stops []func()
	heard := make(chan struct{}, 1000)
	for i := range 500 {
		stop, err := b.Listen(fmt.Sprintf("room.r%d.>", i%50), func(string, []byte) { heard <- struct{}{} })
		if err != nil {
			t.Fatal(err)
		}
		stops = append(stops, stop)
	}
	if n := s.NumSubscriptions() - before; n != 1 {
		t.Errorf("%d subscriptions at the server", n)
	}
	if err := b.Cast(t.Context(), "room.r7.chat", nil); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		<-heard
	}
	for _, stop := range stops {
		stop()
	}
	if err := b.Ping(t.Context()); err != nil { // behind the unsubscription
		t.Fatal(err)
	}
	if n := s.NumSubscriptions(); n > before {
		t.Errorf("%d subscriptions are left", n-before)
	}
}

func BenchmarkPublish(b *testing.B) {
	n, err := bus.Embedded(b.Context(), b.TempDir(), quiet)
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	b.ReportAllocs()
	var i atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := n.Publish(b.Context(), fact(fmt.Sprint("o", i.Add(1))), false); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkCastToAThousandListeners(b *testing.B) {
	n, err := bus.Embedded(b.Context(), b.TempDir(), quiet)
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	const listeners = 1000
	var heard sync.WaitGroup
	for range listeners {
		if _, err := n.Listen("room.r1.>", func(string, []byte) { heard.Done() }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		heard.Add(listeners)
		if err := n.Cast(b.Context(), "room.r1.chat", []byte("hello")); err != nil {
			b.Fatal(err)
		}
		heard.Wait()
	}
}
