package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"meadow/gateway"
	"meadow/media/mediaworker"
	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/obs"
	"meadow/services/platform/rpc"
)

// door is a whole shop in one process, seen from outside.
type door struct {
	*testShop
	close func() // stops the shop and closes its stores

	net *http.Transport
	n   atomic.Int64
}

// openDoor starts a shop in a folder. It believes X-Forwarded-For, so that each
// person can come from an address of their own.
func openDoor(t *testing.T, data string, log *slog.Logger, change func(*Config)) *door {
	t.Helper()
	d := &door{testShop: &testShop{clock: new(clock.Shifted), data: data}, net: &http.Transport{MaxIdleConnsPerHost: 64}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := Default()
	cfg.Data, cfg.Listen, cfg.RateLimits, cfg.MaxConnsPerIP, cfg.TrustedProxies = data, ln.Addr().String(), false, 0, "127.0.0.0/8"
	if change != nil {
		change(&cfg)
	}
	if err := cfg.complete(); err != nil {
		t.Fatal(err)
	}
	stores, err := openStores(t.Context(), cfg, d.clock.Now, log)
	if err != nil {
		t.Fatal(err)
	}
	d.front, err = New(t.Context(), cfg, Deps{
		Stores: stores, Now: d.clock.Now, Log: log, Develop: mediaworker.Decode, Metrics: obs.NewMetrics(),
		Dist: fstest.MapFS{
			"index.html":              {Data: []byte(`<!doctype html><html lang="zh-CN"><head><title>Meadow</title></head><body><div id="app"></div></body></html>`)},
			"studio/index.html":       {Data: []byte(`<!doctype html><html lang="zh-CN"><head><title>Studio</title></head><body><div id="app"></div></body></html>`)},
			"assets/app-4f3a9c21.js":  {Data: []byte(`export {}`)},
			"assets/app-4f3a9c21.css": {Data: []byte(`:root{}`)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.bytes, d.url = d.front, "http://"+ln.Addr().String()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- d.front.Serve(ctx, ln) }()
	closed := false
	d.close = func() {
		if closed {
			return
		}
		closed = true
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := stores.Close(); err != nil {
			t.Error(err)
		}
		d.net.CloseIdleConnections()
	}
	t.Cleanup(d.close)
	d.await(t)
	return d
}

// errorsOnly is a log that shows a test what the shop could not do.
func errorsOnly(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelError}))
}

// person is somebody with a browser. The zero cookie is a visitor's.
type person struct {
	door         *door
	name, from   string
	cookie, csrf string

	login, password string
	user            account.User
}

const goodPassword = "correct horse battery"

// visitor is somebody nobody knows.
func (d *door) visitor(name string) *person {
	n := d.n.Add(1)
	return &person{door: d, name: name, from: fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)}
}

// newcomer is somebody who has just signed up.
func (d *door) newcomer(t *testing.T, name string) *person {
	t.Helper()
	p := d.visitor(name)
	p.login, p.password = strings.ReplaceAll(name, " ", ".")+"."+id.Secret()[:10]+"@example.com", goodPassword
	p.enter(t, "/account/sign-up", account.SignUp{Login: p.login, Password: p.password, Name: name})
	return p
}

// again is the same person on another device.
func (p *person) again(t *testing.T) *person {
	t.Helper()
	q := p.door.visitor(p.name)
	q.login, q.password = p.login, p.password
	q.enter(t, "/account/sign-in", account.SignIn{Login: p.login, Password: p.password})
	return q
}

// enter takes the session that a way to sign in gives.
func (p *person) enter(t *testing.T, path string, in any) {
	t.Helper()
	a := p.ask(t, request{method: http.MethodPost, path: rpc.Prefix + path, body: in})
	if a.outcome() != "ok" {
		t.Fatalf("%s at %s: %s", p.name, path, a.outcome())
	}
	var signed account.Signed
	a.into(t, &signed)
	if signed.Token != "" {
		t.Errorf("%s gives the session's token to scripts", path)
	}
	p.keep(a)
	p.user = signed.User
	p.hello(t)
}

// hello gets the token that changes carry, as the first page does.
func (p *person) hello(t *testing.T) {
	t.Helper()
	var token gateway.Token
	a := p.ask(t, request{method: http.MethodGet, path: rpc.Prefix + "/csrf"})
	a.into(t, &token)
	p.keep(a)
	p.csrf = token.Token
}

// keep takes over the session that an answer gives, as a browser does.
func (p *person) keep(a answer) {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Value != "" {
			p.cookie = c.Name + "=" + c.Value
		}
	}
}

// ctx is p asking a service directly, to prepare something. It may claim roles.
func (p *person) ctx(ctx context.Context, merchant id.Merchant, roles ...actor.Role) context.Context {
	return actor.With(ctx, actor.Actor{User: p.user.ID, Roles: roles, Merchant: merchant})
}

// request is what a browser sends. A body that is bytes is sent as it is.
type request struct {
	method, path string
	body         any
	header       map[string]string
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    *errs.Error // nil if it is no error in our words
}

// ask sends r as p's browser would, from a page of the shop.
func (p *person) ask(t testing.TB, r request) answer {
	t.Helper()
	a, err := p.try(r)
	if err != nil {
		t.Fatalf("%s: %s %s: %v", p.name, r.method, r.path, err)
	}
	return a
}

func (p *person) try(r request) (answer, error) {
	var body io.Reader
	switch b := r.body.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequest(r.method, p.door.url+r.path, body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Origin", p.door.url)
	req.Header.Set("X-Forwarded-For", p.from)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if p.cookie != "" {
		req.Header.Set("Cookie", p.cookie)
		req.Header.Set(gateway.TokenHeader, p.csrf)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	res, err := (&http.Client{Transport: p.door.net, Timeout: 30 * time.Second, CheckRedirect: stay}).Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(io.LimitReader(res.Body, 32<<20)); err != nil {
		return a, err
	}
	if a.status >= 300 {
		var wrong rpc.ErrorBody
		if json.Unmarshal(a.body, &wrong) == nil {
			a.err = wrong.Error
		}
	}
	return a, nil
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// outcome is "ok", the reason of an error, or the status of what is neither.
func (a answer) outcome() string {
	switch {
	case a.status == http.StatusOK:
		return "ok"
	case a.err != nil && a.err.Reason != "" && rpc.Status(a.err.Code) == a.status:
		return a.err.Reason
	}
	return fmt.Sprintf("%d %.120q", a.status, a.body)
}

func (a answer) into(t *testing.T, out any) {
	t.Helper()
	if err := json.Unmarshal(a.body, out); err != nil {
		t.Fatalf("%.200q: %v", a.body, err)
	}
}
