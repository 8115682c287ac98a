package obs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/obs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func logger(t *testing.T, w io.Writer, format, level string) *slog.Logger {
	t.Helper()
	log, err := obs.NewLogger(w, format, level)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func TestALineSaysInWhichRequestAndForWhom(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		want map[string]any
	}{
		{"a user", actor.WithRequest(actor.With(t.Context(), actor.Actor{User: "usr_1", Session: "ses_1"}), "req_1"),
			map[string]any{"request": "req_1", "actor": "user", "system": nil}},
		{"a system", actor.AsSystem(t.Context(), "ledger"),
			map[string]any{"request": nil, "actor": "system", "system": "ledger"}},
		{"a visitor", t.Context(), map[string]any{"request": nil, "actor": nil, "system": nil}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			logger(t, &out, "json", "info").With("part", "x").InfoContext(tt.ctx, "order placed", "order", "ord_1")
			var line map[string]any
			if err := json.Unmarshal(out.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			if line["msg"] != "order placed" || line["order"] != "ord_1" || line["part"] != "x" {
				t.Errorf("line %v", line)
			}
			for k, v := range tt.want {
				if line[k] != v {
					t.Errorf("%s is %v, want %v", k, line[k], v)
				}
			}
			if strings.Contains(out.String(), "ses_1") {
				t.Error("the session is in the log")
			}
		})
	}
}

type customer struct{ Name, Phone string }

type sealed struct{ clear string }

func (s sealed) String() string { return "sealed" }

func TestSecretsAndPersonsStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	const hush = "hush-hush"
	for _, format := range []string{"text", "json"} {
		for _, key := range []string{
			"password", "Password", "new_password", "newPassword", "token", "access_token", "tokens", "refresh-token",
			"phone", "phones", "buyer.phone", "email", "Email", "address", "addresses", "shipping_address",
			"authorization", "cookie", "cookies", "client_secret", "APIKey", "api_key",
		} {
			t.Run(format+" "+key, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				log := logger(t, &out, format, "debug")
				log.Info("x", key, hush)
				log.With(key, hush).Info("x")
				log.WithGroup("g").Info("x", key, hush)
				log.Info("x", slog.Group("g", slog.String(key, hush)))
				log.Info("x", key, []string{hush})
				if strings.Contains(out.String(), hush) || strings.Count(out.String(), "[masked]") != 5 {
					t.Errorf("wrote %s", out.String())
				}
			})
		}
		for name, v := range map[string]any{
			"a record":   customer{Name: hush},
			"a pointer":  &customer{Phone: hush},
			"records":    []customer{{Name: hush}},
			"a map":      map[string]string{"x": hush},
			"headers":    http.Header{"Cookie": {hush}},
			"raw bytes":  []byte(hush),
			"a Stringer": sealed{clear: hush},
		} {
			t.Run(format+" "+name, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				logger(t, &out, format, "debug").Info("x", "value", v)
				if strings.Contains(out.String(), hush) {
					t.Errorf("wrote %s", out.String())
				}
			})
		}
	}
}

func TestPlainFactsAreLogged(t *testing.T) {
	t.Parallel()
	for key, v := range map[string]any{
		"sku": "sku_1", "n": 3, "after": 2 * time.Second, "err": errors.New("it broke"), "user": id.User("usr_1"),
		"addr": "127.0.0.1:80", "consumers": []string{"ledger"}, "card": "crd_1", "pinned": true,
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			logger(t, &out, "text", "info").Info("x", key, v)
			if !strings.Contains(out.String(), fmt.Sprint(v)) {
				t.Errorf("wrote %s, want %v in it", out.String(), v)
			}
		})
	}
}

func TestALevelHidesWhatIsBelowIt(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := logger(t, &out, "text", "warn")
	log.Info("hidden")
	log.Warn("shown")
	if s := out.String(); strings.Contains(s, "hidden") || !strings.Contains(s, "shown") {
		t.Errorf("wrote %s", s)
	}
}

func TestABadLogConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range [][2]string{{"xml", "info"}, {"", "info"}, {"text", "loud"}, {"text", ""}} {
		if _, err := obs.NewLogger(io.Discard, bad[0], bad[1]); err == nil {
			t.Errorf("format %q, level %q was taken", bad[0], bad[1])
		}
	}
}

func TestMetricsAreServed(t *testing.T) {
	t.Parallel()
	m := obs.NewMetrics()
	placed := m.Counter("orders_total", "Orders placed.", "currency")
	placed.Inc("CNY")
	m.Counter("orders_total", "Orders placed.", "currency").Add(2, "CNY") // another core, the same counter
	m.Histogram("request_seconds", "Requests.", "route").Observe(30*time.Millisecond, "/orders")
	g := m.Gauge("rooms", "Live rooms.")
	g.Set(5)
	g.Add(-2)
	m.Watch("queue", "Waiting.", func() float64 { return 7 })
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`meadow_orders_total{currency="CNY"} 3`, `meadow_request_seconds_bucket{route="/orders",le="0.025"} 0`,
		`meadow_request_seconds_bucket{route="/orders",le="0.05"} 1`, "meadow_rooms 3", "meadow_queue 7",
		"go_goroutines", "process_start_time_seconds",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
	if other := obs.NewMetrics(); other == m {
		t.Error("the registry is shared")
	}
}

func TestNoMetricsMeasureNothing(t *testing.T) {
	t.Parallel()
	var m *obs.Metrics
	m.Counter("a_total", "").Inc()
	m.Gauge("b", "").Set(1)
	m.Gauge("b", "").Add(1)
	m.Histogram("c_seconds", "").Observe(time.Second)
	m.Watch("d", "", func() float64 { return 0 })
}

func TestTracesReachTheCollectorAndCrossProcesses(t *testing.T) {
	t.Parallel()
	bodies := make(chan []byte, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("collector got %s, %v", r.URL, err)
		}
		bodies <- b
	}))
	t.Cleanup(collector.Close)
	tr, err := obs.NewTracing(t.Context(), obs.TraceConfig{URL: collector.URL, Process: "till"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := tr.Start(t.Context(), "place order")
	h := http.Header{}
	tr.Inject(ctx, h)
	there, endThere := tr.Start(tr.Extract(t.Context(), h), "reserve stock")
	if a, b := trace.SpanContextFromContext(ctx).TraceID(), trace.SpanContextFromContext(there).TraceID(); a != b || !a.IsValid() {
		t.Errorf("the trace broke between processes: %v, %v", a, b)
	}
	var out bytes.Buffer
	logger(t, &out, "text", "info").InfoContext(ctx, "x")
	if !strings.Contains(out.String(), "trace="+trace.SpanContextFromContext(ctx).TraceID().String()) {
		t.Errorf("a line in a span does not name its trace: %s", out.String())
	}
	endThere(errs.New(errs.Exhausted, "sold_out", "Sold out.").Because(errors.New("hush-hush")))
	end(nil)
	if err := tr.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := string(<-bodies)
	for _, want := range []string{"place order", "reserve stock", "till", "sold_out"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in what the collector got", want)
		}
	}
	if strings.Contains(got, "hush-hush") {
		t.Error("the cause of an error left the process")
	}
}

func TestTracingIsOffByDefault(t *testing.T) {
	t.Parallel()
	off, err := obs.NewTracing(t.Context(), obs.TraceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tr := range map[string]*obs.Tracing{"no URL": off, "none": nil} {
		ctx, end := tr.Start(t.Context(), "x")
		end(errors.New("x"))
		h := http.Header{}
		tr.Inject(ctx, h)
		if len(h) != 0 || trace.SpanContextFromContext(tr.Extract(ctx, h)).IsValid() {
			t.Errorf("%s: traces anyway: %v", name, h)
		}
		if err := tr.Shutdown(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{"collector:4318", "ftp://collector", "http://", "::"} {
		if _, err := obs.NewTracing(t.Context(), obs.TraceConfig{URL: bad}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestAPanicEndsItsGoroutineOnly(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := logger(t, &out, "text", "info")
	<-obs.Go(t.Context(), log, "sweeper", func(context.Context) error { panic("a bug") })
	if s := out.String(); !strings.Contains(s, "a bug") || !strings.Contains(s, "sweeper") || !strings.Contains(s, "obs_test.go") {
		t.Errorf("wrote %s", s)
	}
	out.Reset()
	<-obs.Go(t.Context(), log, "sweeper", func(context.Context) error { return errors.New("it broke") })
	if !strings.Contains(out.String(), "it broke") {
		t.Errorf("wrote %s", out.String())
	}
	out.Reset()
	ctx, cancel := context.WithCancel(t.Context())
	done := obs.Go(ctx, log, "sweeper", func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	cancel()
	<-done
	if out.Len() != 0 {
		t.Errorf("a goroutine that was told to stop wrote %s", out.String())
	}
}
