package sandbox

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/services/fulfil/carrier"
	"meadow/services/kernel/clock"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
)

// ear is a shop that hears of boxes.
type ear struct {
	*Carrier
	clock *clock.Fake

	mu     sync.Mutex // guards what follows
	refuse int        // webhooks to refuse before one is taken
	heard  []carrier.Fact
}

func newEar(t *testing.T, change func(*Deps)) *ear {
	t.Helper()
	x := &ear{clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	db, err := pebbledoc.Open(t.Context(), "carrier", pebbledoc.Options{FS: vfs.NewMem(), Now: x.clock.Now, SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	log := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: db, Now: x.clock.Now, Log: log, Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(x.hear))
	t.Cleanup(server.Close)
	d := Deps{DB: db, Jobs: runner, Now: x.clock.Now, Log: log, HTTP: server.Client(), Key: []byte("key"), Webhook: server.URL, Pace: time.Hour}
	if change != nil {
		change(&d)
	}
	if x.Carrier, err = New(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *ear) hear(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	defer x.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	f, err := x.Read(body, r.Header.Get(SignatureHeader))
	if x.refuse > 0 || err != nil {
		x.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	x.heard = append(x.heard, f)
}

func (x *ear) states() (out []carrier.State) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, f := range x.heard {
		out = append(out, f.State)
	}
	return out
}

func (x *ear) pass(t *testing.T, d time.Duration) {
	t.Helper()
	x.clock.Advance(d)
	if err := x.work(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (x *ear) announce(t *testing.T) string {
	t.Helper()
	b := carrier.Box{ID: "shp_1", To: carrier.Place{City: "Shanghai"}}
	first, err := x.Announce(t.Context(), b)
	again, err2 := x.Announce(t.Context(), b)
	if err != nil || err2 != nil || first != again || first == "" {
		t.Fatalf("announced as %q and %q: %v, %v", first, again, err, err2)
	}
	return first
}

func TestABoxGetsThereByItselfAndIsTold(t *testing.T) {
	t.Parallel()
	x := newEar(t, nil)
	tracking := x.announce(t)
	x.refuse = 1
	for range 5 {
		x.pass(t, time.Hour+time.Second)
	}
	want := []carrier.State{carrier.InTransit, carrier.OutFor, carrier.Arrived}
	if got := x.states(); !slices.Equal(got, want) {
		t.Errorf("told %v", got)
	}
	asked, err := x.Query(t.Context(), tracking)
	if err != nil || len(asked) != 3 || asked[2].Event != x.heard[2].Event {
		t.Errorf("asked: %+v, %v", asked, err)
	}
	if _, err := x.Query(t.Context(), "SB0"); err == nil {
		t.Error("a box that nobody announced is known")
	}
	if b, err := x.Move(t.Context(), Move{Tracking: tracking, State: carrier.Failed}); err != nil || b.State != carrier.Arrived {
		t.Errorf("a box that has arrived went %s, %v", b.State, err)
	}
}

func TestWebhooksComeTwiceAndBackwardsOnDemand(t *testing.T) {
	t.Parallel()
	x := newEar(t, func(d *Deps) { d.Twice, d.Backwards = true, true })
	tracking := x.announce(t)
	for _, s := range []carrier.State{carrier.InTransit, carrier.Arrived} {
		if _, err := x.Move(t.Context(), Move{Tracking: tracking, State: s}); err != nil {
			t.Fatal(err)
		}
	}
	x.pass(t, time.Second)
	want := []carrier.State{carrier.Arrived, carrier.InTransit, carrier.Arrived, carrier.InTransit}
	if got := x.states(); !slices.Equal(got, want) {
		t.Errorf("told %v", got)
	}
}

func TestAForgedOrStaleMessageIsRefused(t *testing.T) {
	t.Parallel()
	x := newEar(t, nil)
	body := []byte(`{"event":"e","tracking":"SB1","state":"delivered","at":"2026-03-01T12:00:00Z"}`)
	now := x.clock.Now()
	for name, c := range map[string]struct {
		signature string
		body      []byte
		want      bool
	}{
		"good":         {Sign([]byte("key"), now, body), body, true},
		"another key":  {Sign([]byte("other"), now, body), body, false},
		"another body": {Sign([]byte("key"), now, body), append([]byte(" "), body...), false},
		"too old":      {Sign([]byte("key"), now.Add(-carrier.SignatureWindow-time.Second), body), body, false},
		"none":         {"", body, false},
		"not a fact":   {Sign([]byte("key"), now, []byte("{}")), []byte("{}"), false},
	} {
		if _, err := x.Read(c.body, c.signature); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
