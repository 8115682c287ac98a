package moderationcore_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/moderation"
	"meadow/services/moderation/moderationcore"
	"meadow/services/moderation/moderationtest"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

var quiet = slog.New(slog.DiscardHandler)

// town is moderation with its neighbours, on a clock that the test moves.
type town struct {
	*moderationcore.Core
	*moderationtest.People
	clock  *clock.Fake
	now    clock.Now
	db     *pebbledoc.DB
	bus    bus.Bus
	quotas map[string]int64
}

// build returns a town in which nothing runs: the test sweeps.
func build(t testing.TB, quotas map[string]int64) *town {
	t.Helper()
	tn := &town{clock: clock.NewFake(time.Date(2030, 5, 1, 10, 0, 0, 0, time.UTC)), quotas: quotas}
	tn.now = tn.clock.Now
	return tn.found(t)
}

// found makes the rest of a town that has a clock.
func (tn *town) found(t testing.TB) *town {
	t.Helper()
	tn.People = moderationtest.NewPeople(tn.now)
	var err error
	if tn.db, err = pebbledoc.Open(context.Background(), t.TempDir(), pebbledoc.Options{Now: tn.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tn.db.Close(); err != nil {
			t.Error(err)
		}
	})
	embedded, err := bus.Embedded(context.Background(), t.TempDir(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	tn.bus = embedded
	t.Cleanup(func() {
		if err := embedded.Close(); err != nil {
			t.Error(err)
		}
	})
	tn.Core = tn.core(t, nil)
	return tn
}

// core is another process of the town, which writes through wrap if that is not nil.
func (tn *town) core(t testing.TB, wrap func(docdb.Driver) docdb.Driver) *moderationcore.Core {
	t.Helper()
	var db docdb.Driver = tn.db
	if wrap != nil {
		db = wrap(db)
	}
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: tn.db, Now: tn.now, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	c, err := moderationcore.New(t.Context(), moderationcore.Deps{
		DB: db, Bus: tn.bus, Jobs: runner, Now: tn.now, Log: quiet, Account: tn.People, Quotas: tn.quotas,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run runs a core until the test ends.
func run(t *testing.T, c interface{ Run(context.Context) error }) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var work sync.WaitGroup
	work.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); work.Wait() })
}

// live is a town on the machine's clock, for the suite.
func live(t *testing.T) *town {
	t.Helper()
	tn := &town{now: clock.System}
	return tn.found(t)
}

func (tn *town) shop(s moderation.Service) moderationtest.Shop {
	return moderationtest.Shop{
		Moderation: s, Bus: tn.bus,
		User: func(_ *testing.T, name string, roles ...actor.Role) actor.Actor { return tn.Add(name, roles...) },
		Old:  func(*testing.T) actor.Actor { return tn.Add("Amy") },
	}
}

func TestModerationKeepsItsContract(t *testing.T) {
	t.Parallel()
	tn := live(t)
	run(t, tn.Core)
	moderationtest.Run(t, tn.shop(tn.Core))
}

func TestModerationKeepsItsContractOverTheWire(t *testing.T) {
	t.Parallel()
	tn := live(t)
	run(t, tn.Core)
	signer := rpc.Signer{Key: make([]byte, 32), Now: tn.now}
	server := web.New(web.Default(), web.Deps{Log: quiet, Now: tn.now, Signer: &signer})
	moderation.Mount(server, tn.Core)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var work sync.WaitGroup
	work.Go(func() {
		if err := server.Serve(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() { client.CloseIdleConnections(); stop(); work.Wait() })
	moderationtest.Run(t, tn.shop(moderation.Client{Peer: &rpc.Peer{URL: "http://" + ln.Addr().String(), HTTP: client, Signer: signer}}))
}

func as(t testing.TB, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

func inside(t testing.TB) context.Context { return actor.AsSystem(t.Context(), "test") }

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
