package bus_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"meadow/services/platform/bus"
	"meadow/services/platform/bus/bustest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimEnv); dir != "" {
		victim(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

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
