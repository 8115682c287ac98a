package gateway

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

// door is a shop's front door with a few routes behind it.
type door struct {
	gateway *Gateway
	url     string
	clock   *clock.Fake
	made    func() int // changes that got through
}

const (
	mei    = "session-of-mei-000000"
	public = "https://shop.example"
)

type whoOut struct {
	User   string `json:"user"`
	System string `json:"system"`
}

type postIn struct {
	Text string `json:"text"`
}

// open starts a door; adjust changes what it is made of.
func open(t *testing.T, adjust func(*Config, *Deps, *web.Config)) *door {
	t.Helper()
	d := &door{clock: clock.NewFake(time.Date(2026, 11, 11, 0, 0, 0, 0, time.UTC))}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	cfg := Default()
	cfg.PublicURL = public
	deps := Deps{
		Log: log, Now: d.clock.Now, Key: []byte("0123456789abcdef"), Dist: dist,
		Identify: func(_ context.Context, token string) (actor.Actor, error) {
			if token == mei {
				return actor.Actor{User: "usr_mei", System: "never believed"}, nil
			}
			return actor.Actor{}, errs.New(errs.Unauthenticated, "gone", "Gone.")
		},
	}
	server := web.Config{DrainTimeout: 2 * time.Second, HTTPS: true}
	if adjust != nil {
		adjust(&cfg, &deps, &server)
	}
	s := web.New(server, web.Deps{Log: log, Now: d.clock.Now})
	var err error
	if d.gateway, err = New(cfg, deps, s); err != nil {
		t.Fatal(err)
	}
	d.mount(s)

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	d.url = "http://" + ln.Addr().String()
	return d
}

func (d *door) mount(s *web.Server) {
	made := make(chan struct{}, 10_000)
	d.made = func() int { return len(made) }
	who := rpc.Endpoint[rpc.Empty, whoOut]{Name: "who", Method: "GET", Path: "/who"}
	rpc.Mount(s, who, func(ctx context.Context, _ rpc.Empty) (whoOut, error) {
		a := actor.From(ctx)
		return whoOut{string(a.User), a.System}, nil
	})
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		change := rpc.Endpoint[postIn, rpc.Empty]{Name: "change" + method, Method: method, Path: "/things"}
		rpc.Mount(s, change, func(context.Context, postIn) (rpc.Empty, error) {
			made <- struct{}{}
			return rpc.Empty{}, nil
		})
	}
	inner := rpc.Endpoint[rpc.Empty, rpc.Empty]{Name: "inner", Method: "GET", Path: "/internal/things", Access: rpc.Internal}
	rpc.Mount(s, inner, func(context.Context, rpc.Empty) (rpc.Empty, error) { return rpc.Empty{}, nil })
	signIn := rpc.Endpoint[rpc.Empty, rpc.Empty]{Name: "signIn", Method: "POST", Path: "/sign-in"}
	rpc.MountThen(s, signIn, func(context.Context, rpc.Empty) (rpc.Empty, error) {
		made <- struct{}{}
		return rpc.Empty{}, nil
	}, func(x rpc.Exchange, _ *rpc.Empty) { d.gateway.SetSession(x, mei, time.Hour) })
	signOut := rpc.Endpoint[rpc.Empty, rpc.Empty]{Name: "signOut", Method: "POST", Path: "/sign-out"}
	rpc.MountThen(s, signOut, func(context.Context, rpc.Empty) (rpc.Empty, error) { return rpc.Empty{}, nil },
		func(x rpc.Exchange, _ *rpc.Empty) { d.gateway.ClearSession(x) })
	s.Raw("POST", "/hooks/pay", 1<<10, func(x *web.Exchange) error {
		made <- struct{}{}
		return x.Send(200, "text/plain", nil)
	})
	s.Mount("/media", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			made <- struct{}{}
		}
		_, _ = io.WriteString(w, "media")
	}))
}

func gzipped(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, s)
	_ = w.Close() // a buffer takes everything
	return b.Bytes()
}

var dist = fstest.MapFS{
	"index.html":                 {Data: []byte(`<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>x</title><script type="module" src="/assets/app-4f3a9c21.js"></script></head><body><div id="app"></div></body></html>`)},
	"studio/index.html":          {Data: []byte(`<!doctype html><html><head></head><body>studio</body></html>`)},
	"assets/app-4f3a9c21.js":     {Data: []byte(strings.Repeat("console.log(1);", 50))},
	"assets/app-4f3a9c21.js.br":  {Data: []byte("brotli")},
	"assets/app-4f3a9c21.js.gz":  {Data: []byte("gzipped")},
	"assets/late-5b6c7d8e.js.br": {Data: []byte("br")}, // came compressed only
	"assets/late-5b6c7d8e.js.gz": {Data: gzipped("console.log('late')")},
	"assets/logo.svg":            {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)},
	"sw.js":                      {Data: []byte("self.x=1")},
	"manifest.webmanifest":       {Data: []byte("{}")},
}

type request struct {
	method, path, body string
	header             map[string]string
}

func (d *door) do(t *testing.T, r request) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, d.url+r.path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range r.header {
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
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

// token asks for the token of mei's session.
func (d *door) token(t *testing.T) string {
	t.Helper()
	_, body := d.do(t, request{method: "GET", path: "/api/v1/csrf", header: map[string]string{"Cookie": "__Host-meadow=" + mei}})
	var out Token
	if err := json.Unmarshal([]byte(body), &out); err != nil || out.Token == "" {
		t.Fatalf("no token: %s", body)
	}
	return out.Token
}

func TestTheCookieSaysWhoIsAsking(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	for cookie, want := range map[string]string{
		"__Host-meadow=" + mei:               `{"user":"usr_mei","system":""}`,
		"":                                   `{"user":"","system":""}`,
		"__Host-meadow=session-of-nobody-00": `{"user":"","system":""}`,
		"__Host-meadow=short":                `{"user":"","system":""}`,
		"meadow_session=" + mei:              `{"user":"","system":""}`, // the name of plain http
		"__Host-meadow=" + strings.Repeat("x", 300):         `{"user":"","system":""}`,
		"other=" + mei + "; __Host-meadow=" + mei + "; a=b": `{"user":"usr_mei","system":""}`,
	} {
		if _, body := d.do(t, request{method: "GET", path: "/api/v1/who", header: map[string]string{"Cookie": cookie}}); body != want {
			t.Errorf("%q: got %s", cookie, body)
		}
	}
}

func TestNoHeaderMakesAnyoneSomebody(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	forged := http.Header{}
	if err := (rpc.Signer{Key: []byte("guessed-by-a-client"), Now: d.clock.Now}).Sign(forged, "GET", "/api/v1/who", actor.Actor{System: "app"}); err != nil {
		t.Fatal(err)
	}
	res, body := d.do(t, request{method: "GET", path: "/api/v1/who", header: map[string]string{
		rpc.ActorHeader: forged.Get(rpc.ActorHeader), rpc.RequestHeader: "chosen-by-client", rpc.DeadlineHeader: "0",
	}})
	if body != `{"user":"","system":""}` || res.Header.Get(rpc.RequestHeader) == "chosen-by-client" {
		t.Errorf("got %s, request %s", body, res.Header.Get(rpc.RequestHeader))
	}
}

func TestNobodyOutsideReachesAnInternalRoute(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	const path = "/api/v1/internal/things"
	for name, key := range map[string]string{"guessed": "a key that was guessed", "the front door's own": "0123456789abcdef"} {
		forged := http.Header{}
		if err := (rpc.Signer{Key: []byte(key), Now: d.clock.Now}).Sign(forged, "GET", path, actor.Actor{System: "app"}); err != nil {
			t.Fatal(err)
		}
		for _, cookie := range []string{"", "__Host-meadow=" + mei} {
			res, _ := d.do(t, request{method: "GET", path: path, header: map[string]string{
				rpc.ActorHeader: forged.Get(rpc.ActorHeader), "Cookie": cookie,
			}})
			if res.StatusCode != 404 {
				t.Errorf("with a key that is %s: %d", name, res.StatusCode)
			}
		}
	}
}

func TestTheSessionCookieIsForThisHostAndNoScript(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	res, _ := d.do(t, request{method: "POST", path: "/api/v1/sign-in", header: map[string]string{"Origin": public}})
	got := res.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-meadow=" + mei, "Path=/", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=3600"} {
		if !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if strings.Contains(strings.ToLower(got), "domain") {
		t.Errorf("%q names a domain", got)
	}
}

func TestSigningInReplacesASessionThatEnded(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	res, _ := d.do(t, request{method: "POST", path: "/api/v1/sign-in", header: map[string]string{
		"Origin": public, "Cookie": "__Host-meadow=ended-session-0000",
	}})
	got := res.Header.Values("Set-Cookie")
	if len(got) != 1 || !strings.HasPrefix(got[0], "__Host-meadow="+mei+";") || !strings.Contains(strings.ToLower(got[0]), "max-age=3600") {
		t.Errorf("got %q", got)
	}
	res, _ = d.do(t, request{method: "GET", path: "/api/v1/who", header: map[string]string{"Cookie": "__Host-meadow=ended-session-0000"}})
	got = res.Header.Values("Set-Cookie")
	if len(got) != 1 || !strings.HasPrefix(got[0], "__Host-meadow=;") || !strings.Contains(strings.ToLower(got[0]), "max-age=0") {
		t.Errorf("a cookie of no use: %q", got)
	}
}

func TestSigningOutForgetsAtOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	d := open(t, func(_ *Config, deps *Deps, _ *web.Config) {
		deps.Identify = func(context.Context, string) (actor.Actor, error) {
			asked++
			return actor.Actor{User: id.User("usr_mei")}, nil
		}
	})
	header := map[string]string{
		"Cookie": "__Host-meadow=" + mei, "Origin": public, "Content-Type": "application/json", TokenHeader: d.token(t),
	}
	who := func() int {
		before := asked
		d.do(t, request{method: "GET", path: "/api/v1/who", header: header})
		return asked - before
	}
	if n := who(); n != 0 {
		t.Fatalf("asked %d times more for one page", n)
	}
	if res, body := d.do(t, request{method: "POST", path: "/api/v1/things", body: "{}", header: header}); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	if n := who(); n != 1 {
		t.Errorf("asked %d times after a change, which may be to the account", n)
	}
	res, body := d.do(t, request{method: "POST", path: "/api/v1/sign-out", header: header})
	if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Set-Cookie"), "__Host-meadow=") {
		t.Fatalf("%d %s %v", res.StatusCode, body, res.Header)
	}
	if n := who(); n != 1 {
		t.Errorf("asked %d times; a session that ended was still believed", n)
	}
	if n := who(); n != 0 {
		t.Errorf("asked %d times; nothing is remembered", n)
	}
	d.clock.Advance(rememberFor)
	if n := who(); n != 1 {
		t.Errorf("asked %d times; a session is remembered for too long", n)
	}
}

func TestAPageRenewsTheSessionAndItsFormsStayGood(t *testing.T) {
	t.Parallel()
	const next = "next-session-of-mei-1"
	d := open(t, func(_ *Config, deps *Deps, _ *web.Config) {
		deps.Identify = func(_ context.Context, token string) (actor.Actor, error) {
			return actor.Actor{User: "usr_mei", Session: "ses_1"}, nil
		}
		deps.Renew = func(_ context.Context, token string) (string, time.Duration, error) {
			if token == mei {
				return next, time.Hour, nil
			}
			return "", 0, errs.ErrInvalid
		}
	})
	header := map[string]string{"Cookie": "__Host-meadow=" + mei, "Origin": public, "Content-Type": "application/json"}
	token := d.token(t)
	for path, want := range map[string]bool{"/": true, "/api/v1/csrf": true, "/api/v1/who": false, "/assets/logo.svg": true} {
		res, _ := d.do(t, request{method: "GET", path: path, header: header})
		if got := strings.Contains(res.Header.Get("Set-Cookie"), next); got != want {
			t.Errorf("%s renews: %v", path, got)
		}
	}
	header["Cookie"], header[TokenHeader] = "__Host-meadow="+next, token
	if res, body := d.do(t, request{method: "POST", path: "/api/v1/things", body: "{}", header: header}); res.StatusCode != 200 {
		t.Errorf("a form made before: %d %s", res.StatusCode, body)
	}
	if res, _ := d.do(t, request{method: "GET", path: "/", header: header}); res.StatusCode != 200 || res.Header.Get("Set-Cookie") != "" {
		t.Errorf("when renewing fails: %d %v", res.StatusCode, res.Header)
	}
}

func TestWhileSessionsCannotBeReadPagesAreShownAndNothingElse(t *testing.T) {
	t.Parallel()
	d := open(t, func(_ *Config, deps *Deps, _ *web.Config) {
		deps.Identify = func(context.Context, string) (actor.Actor, error) { return actor.Actor{}, rpc.ErrUnreachable }
	})
	header := map[string]string{"Cookie": "__Host-meadow=" + mei, "Origin": public, "Content-Type": "application/json"}
	for _, c := range []struct {
		method, path, body string
		status             int
	}{{"GET", "/p/1", "", 200}, {"GET", "/api/v1/who", "", 503}, {"POST", "/api/v1/things", "{}", 503}, {"GET", "/media/x", "", 200}} {
		if res, _ := d.do(t, request{method: c.method, path: c.path, body: c.body, header: header}); res.StatusCode != c.status || res.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s %s: got %d %q", c.method, c.path, res.StatusCode, res.Header.Get("Set-Cookie"))
		}
	}
}
