package bus_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"meadow/services/platform/bus"
)

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
