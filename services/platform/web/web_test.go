package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/platform/rpc"
)

// journal is a log that tests read.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// serving starts a server that setup fills, and stops it when the test ends.
func serving(t *testing.T, cfg Config, deps Deps, setup func(*Server)) (addr string) {
	t.Helper()
	if deps.Log == nil {
		deps.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if deps.Now == nil {
		deps.Now = clock.System
	}
	if cfg.DrainTimeout == 0 {
		cfg.DrainTimeout = 2 * time.Second
	}
	s := New(cfg, deps)
	setup(s)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, ErrDrain) {
			t.Errorf("serve: %v", err)
		}
	})
	return ln.Addr().String()
}

// do sends one request over a connection of its own.
func do(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

// reason returns the reason of an error's answer.
func reason(t *testing.T, body string) string {
	t.Helper()
	var e rpc.ErrorBody
	if err := json.Unmarshal([]byte(body), &e); err != nil || e.Error == nil {
		t.Fatalf("not an error: %q", body)
	}
	return e.Error.Reason
}

type echoIn struct {
	ID   string `path:"id" json:"-"`
	Lang string `query:"lang" json:"-" enum:"zh,en"`
	Text string `json:"text" min:"1" max:"20"`
}

type echoOut struct {
	ID      string `json:"id"`
	Lang    string `json:"lang"`
	Text    string `json:"text"`
	User    string `json:"user,omitempty"`
	Request string `json:"request"`
}

var echo = rpc.Endpoint[echoIn, echoOut]{Name: "echo", Method: "POST", Path: "/echo/:id", MaxBody: 1 << 10}

func mountEcho(s *Server) {
	rpc.Mount(s, echo, func(ctx context.Context, in echoIn) (echoOut, error) {
		return echoOut{in.ID, in.Lang, in.Text, string(actor.From(ctx).User), actor.Request(ctx)}, nil
	})
}

func TestAnEndpointIsServed(t *testing.T) {
	t.Parallel()
	addr := serving(t, Config{}, Deps{}, mountEcho)
	res, body := do(t, "POST", "http://"+addr+"/api/v1/echo/a%2Fb%E8%8A%B1?lang=zh", `{"text":"hi"}`, "Content-Type", "application/json")
	var out echoOut
	if err := json.Unmarshal([]byte(body), &out); err != nil || res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	if out.ID != "a/b花" || out.Lang != "zh" || out.Text != "hi" {
		t.Errorf("got %+v", out)
	}
	if got := res.Header.Get(rpc.RequestHeader); got == "" || got != out.Request {
		t.Errorf("request id: header %q, context %q", got, out.Request)
	}
}

func TestAnEndpointRefusesWhatItDoesNotTake(t *testing.T) {
	t.Parallel()
	addr := serving(t, Config{}, Deps{}, mountEcho)
	const kind = "application/json"
	for name, c := range map[string]struct {
		method, path, body, kind, encoding string
		status                             int
		reason                             string
	}{
		"a form":                 {"POST", "/api/v1/echo/1", "text=hi", "application/x-www-form-urlencoded", "", 415, "json_required"},
		"xml":                    {"POST", "/api/v1/echo/1", "<a/>", "application/xml", "", 415, "json_required"},
		"no type":                {"POST", "/api/v1/echo/1", "{}", "", "", 415, "json_required"},
		"another charset":        {"POST", "/api/v1/echo/1", "{}", kind + "; charset=gbk", "", 415, "json_required"},
		"gzip":                   {"POST", "/api/v1/echo/1", "\x1f\x8b", kind, "gzip", 415, "content_encoding"},
		"too much":               {"POST", "/api/v1/echo/1", `{"text":"` + strings.Repeat("x", 2000) + `"}`, kind, "", 413, "body_too_large"},
		"far too much":           {"POST", "/api/v1/echo/1", `{"text":"` + strings.Repeat("x", 1<<20) + `"}`, kind, "", 413, "body_too_large"},
		"an unknown field":       {"POST", "/api/v1/echo/1", `{"text":"a","admin":true}`, kind, "", 400, "invalid_input"},
		"two values":             {"POST", "/api/v1/echo/1", `{"text":"a"}{}`, kind, "", 400, "invalid_input"},
		"nothing":                {"POST", "/api/v1/echo/1", ``, kind, "", 400, "invalid_input"},
		"another method":         {"GET", "/api/v1/echo/1", ``, "", "", 404, "no_such_route"},
		"another path":           {"GET", "/api/v1/nothing", ``, "", "", 404, "no_such_route"},
		"another case":           {"POST", "/API/v1/echo/1", `{"text":"a"}`, kind, "", 404, "no_such_route"},
		"a dot segment":          {"POST", "/api/v1/echo/%2e%2e", `{"text":"a"}`, kind, "", 400, "bad_path"},
		"a NUL":                  {"POST", "/api/v1/echo/%00", `{"text":"a"}`, kind, "", 400, "bad_path"},
		"deep JSON":              {"POST", "/api/v1/echo/1", strings.Repeat("[", 500), kind, "", 400, "invalid_input"},
		"a value not in an enum": {"POST", "/api/v1/echo/1?lang=fr", `{"text":"a"}`, kind, "", 400, "invalid_input"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := []string{"Content-Type", c.kind}
			if c.encoding != "" {
				h = append(h, "Content-Encoding", c.encoding)
			}
			res, body := do(t, c.method, "http://"+addr+c.path, c.body, h...)
			if res.StatusCode != c.status || reason(t, body) != c.reason {
				t.Errorf("got %d %s, want %d %s", res.StatusCode, body, c.status, c.reason)
			}
			if got := res.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control %q", got)
			}
		})
	}
}

func TestAPublicServerHidesWhatOnlyPeersSay(t *testing.T) {
	t.Parallel()
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Mount("/media", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, r.Header.Get(rpc.ActorHeader)+r.Header.Get(rpc.DeadlineHeader)+r.Header.Get(rpc.RequestHeader))
		}))
	})
	_, body := do(t, "GET", "http://"+addr+"/media/x", "", rpc.ActorHeader, "forged", strings.ToLower(rpc.DeadlineHeader), "1", rpc.RequestHeader, "chosen-by-client")
	if body != "" {
		t.Errorf("a handler sees %q", body)
	}
}

func TestAPanicIsAnAnswerAndALineInTheLog(t *testing.T) {
	t.Parallel()
	var log journal
	addr := serving(t, Config{}, Deps{Log: slog.New(slog.NewTextHandler(&log, nil))}, func(s *Server) {
		s.Raw("GET", "/panic", 0, func(*Exchange) error { panic("a secret word") })
		s.Mount("/stream", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a secret word") }))
	})
	for _, path := range []string{"/panic", "/stream/x"} {
		res, body := do(t, "GET", "http://"+addr+path, "")
		if res.StatusCode != 500 || reason(t, body) != "internal" || strings.Contains(body, "secret") {
			t.Errorf("%s: got %d %s", path, res.StatusCode, body)
		}
		request := res.Header.Get(rpc.RequestHeader)
		if text := log.String(); strings.Count(text, request) != 1 || !strings.Contains(text, "web_test.go") {
			t.Errorf("%s: the log does not say once, with a stack, what happened: %s", path, text)
		}
	}
}

func TestAnErrorOfOursIsNotShown(t *testing.T) {
	t.Parallel()
	var log journal
	addr := serving(t, Config{}, Deps{Log: slog.New(slog.NewTextHandler(&log, nil))}, func(s *Server) {
		s.Raw("GET", "/disk", 0, func(*Exchange) error { return errors.New("disk sda1 is gone") })
		s.Raw("GET", "/busy", 0, func(*Exchange) error {
			return errs.New(errs.Throttled, "slow_down", "Slow down.").Because(errors.New("inner"))
		})
	})
	res, body := do(t, "GET", "http://"+addr+"/disk", "")
	if res.StatusCode != 500 || strings.Contains(body, "sda1") || strings.Count(log.String(), "sda1") != 1 {
		t.Errorf("got %d %s; log %s", res.StatusCode, body, log.String())
	}
	res, body = do(t, "GET", "http://"+addr+"/busy", "")
	if res.StatusCode != 429 || res.Header.Get("Retry-After") == "" || strings.Contains(body, "inner") {
		t.Errorf("got %d %s %v", res.StatusCode, body, res.Header)
	}
}

func TestTheMetricsNameRoutesAndAreServedApart(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	addr := serving(t, Config{}, Deps{Registry: registry}, mountEcho)
	do(t, "POST", "http://"+addr+"/api/v1/echo/1", `{"text":"a"}`, "Content-Type", "application/json")
	do(t, "GET", "http://"+addr+"/no/such/thing", "")
	exchange(t, addr, func(c net.Conn) error { _, err := io.WriteString(c, "nonsense\r\n\r\n"); return err })
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var label []string
			for _, l := range m.GetLabel() {
				label = append(label, l.GetValue())
			}
			seen[strings.Join(label, " ")] = true
			if f.GetName() == "http_messages_refused_total" && m.GetCounter().GetValue() != 1 {
				t.Errorf("%v malformed messages are counted", m.GetCounter().GetValue())
			}
		}
	}
	if !seen["echo 200"] || !seen["unmatched 404"] {
		t.Errorf("got %v", seen)
	}
	if res, _ := do(t, "GET", "http://"+addr+"/metrics", ""); res.StatusCode != 404 {
		t.Errorf("/metrics is served to everybody: %d", res.StatusCode)
	}
}

func TestReadinessFollowsTheChecks(t *testing.T) {
	t.Parallel()
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Check("store", time.Second, func(context.Context) error { return nil })
		s.Check("bus", time.Second, func(context.Context) error { panic("bug") })
		s.Check("search", 10*time.Millisecond, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	})
	if res, body := do(t, "GET", "http://"+addr+"/healthz", ""); res.StatusCode != 200 || body != "ok\n" {
		t.Errorf("healthz: %d %q", res.StatusCode, body)
	}
	res, body := do(t, "GET", "http://"+addr+"/readyz", "")
	if want := `{"ready":false,"checks":{"bus":false,"search":false,"store":true}}`; res.StatusCode != 503 || body != want {
		t.Errorf("readyz: %d %s", res.StatusCode, body)
	}
}

func TestAPeersRequestKeepsItsIdAndTrace(t *testing.T) {
	t.Parallel()
	signer := rpc.Signer{Key: []byte("a key that both processes share"), Now: clock.System}
	type span struct{ route, parent string }
	spans := make(chan span, 10)
	ended := make(chan int, 10)
	deps := Deps{Signer: &signer, Trace: func(ctx context.Context, route string, header func(string) string) (context.Context, func(int)) {
		spans <- span{route, header("Traceparent")}
		return ctx, func(status int) { ended <- status }
	}}
	addr := serving(t, Config{}, deps, mountEcho)
	const path = "/api/v1/echo/1"
	for _, c := range []struct {
		signed     bool
		id, parent string
	}{{true, "req_of_the_gateway", "00-1"}, {false, "", ""}} {
		h := http.Header{}
		if c.signed {
			if err := signer.Sign(h, "POST", path, actor.Actor{User: "usr_1"}); err != nil {
				t.Fatal(err)
			}
		}
		_, body := do(t, "POST", "http://"+addr+path, `{"text":"a"}`, "Content-Type", "application/json",
			rpc.ActorHeader, h.Get(rpc.ActorHeader), rpc.RequestHeader, "req_of_the_gateway", "Traceparent", "00-1")
		var out echoOut
		if err := json.Unmarshal([]byte(body), &out); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if (out.Request == "req_of_the_gateway") != c.signed || (out.User == "usr_1") != c.signed {
			t.Errorf("signed %v: got %+v", c.signed, out)
		}
		if got := <-spans; got != (span{"echo", c.parent}) || <-ended != 200 {
			t.Errorf("signed %v: span %+v", c.signed, got)
		}
	}
}
