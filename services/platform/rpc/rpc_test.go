package rpc_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

type everything struct {
	Path   string `path:"path" json:"-" min:"1" max:"60"`
	Other  string `path:"other" json:"-"`
	Word   string `query:"word" json:"-"`
	Count  int    `query:"count" json:"-"`
	Yes    bool   `query:"yes" json:"-"`
	Key    string `header:"Idempotency-Key" json:"-"`
	Text   string `json:"text" max:"60"`
	Number int64  `json:"number"`
	List   []item `json:"list,omitempty" max:"5"`
	Maybe  *item  `json:"maybe,omitempty"`
}

type item struct {
	Name string            `json:"name" min:"1" max:"20"`
	Kind string            `json:"kind,omitempty" enum:"a,b"`
	More map[string]string `json:"more,omitempty"`
}

type same struct {
	Path   string `json:"path"`
	Other  string `json:"other"`
	Word   string `json:"word"`
	Count  int    `json:"count"`
	Yes    bool   `json:"yes"`
	Key    string `json:"key"`
	Text   string `json:"text"`
	Number int64  `json:"number"`
	List   []item `json:"list,omitempty"`
	Maybe  *item  `json:"maybe,omitempty"`
}

var (
	mirror  = rpc.Endpoint[everything, same]{Name: "mirror", Method: "POST", Path: "/mirror/:path/with/:other", Idempotent: true}
	whoami  = rpc.Endpoint[rpc.Empty, actor.Actor]{Name: "whoami", Method: "GET", Path: "/whoami"}
	inner   = rpc.Endpoint[rpc.Empty, rpc.Empty]{Name: "inner", Method: "GET", Path: "/inner", Access: rpc.Internal}
	member  = rpc.Endpoint[rpc.Empty, rpc.Empty]{Name: "member", Method: "GET", Path: "/member", Access: rpc.SignedIn}
	failing = rpc.Endpoint[failIn, rpc.Empty]{Name: "failing", Method: "GET", Path: "/failing"}
	once    = rpc.Endpoint[failIn, rpc.Empty]{Name: "once", Method: "POST", Path: "/failing"}
	waiting = rpc.Endpoint[rpc.Empty, rpc.Empty]{Name: "waiting", Method: "GET", Path: "/waiting"}
)

type failIn struct {
	How string `query:"how" json:"-"`
}

var errSoldOut = errs.New(errs.Exhausted, "sold_out", "Sold out.")

// peers are two processes of a shop: this one, and one that serves.
type peers struct {
	peer  *rpc.Peer
	clock *clock.Fake
	calls *atomic.Int64
}

var key = []byte("a key that both processes share")

func start(t *testing.T) peers {
	t.Helper()
	p := peers{clock: clock.NewFake(time.Date(2026, 11, 11, 0, 0, 0, 0, time.UTC)), calls: new(atomic.Int64)}
	signer := rpc.Signer{Key: key, Now: p.clock.Now}
	s := web.New(web.Config{DrainTimeout: 2 * time.Second}, web.Deps{
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: p.clock.Now, Signer: &signer,
	})
	rpc.Mount(s, mirror, func(_ context.Context, in everything) (same, error) {
		return same{in.Path, in.Other, in.Word, in.Count, in.Yes, in.Key, in.Text, in.Number, in.List, in.Maybe}, nil
	})
	rpc.Mount(s, whoami, func(ctx context.Context, _ rpc.Empty) (actor.Actor, error) { return actor.From(ctx), nil })
	nothing := func(context.Context, rpc.Empty) (rpc.Empty, error) { return rpc.Empty{}, nil }
	rpc.Mount(s, inner, nothing)
	rpc.Mount(s, member, nothing)
	fail := func(_ context.Context, in failIn) (rpc.Empty, error) {
		p.calls.Add(1)
		switch in.How {
		case "rule":
			return rpc.Empty{}, errSoldOut.With("sku", "none left").Because(errors.New("private"))
		case "panic":
			panic("bug")
		}
		return rpc.Empty{}, errors.New("disk full")
	}
	rpc.Mount(s, failing, fail)
	rpc.Mount(s, once, fail)
	rpc.Mount(s, waiting, func(ctx context.Context, _ rpc.Empty) (rpc.Empty, error) {
		<-ctx.Done()
		return rpc.Empty{}, ctx.Err()
	})

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Serve(ctx, ln); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	transport := &http.Transport{}
	t.Cleanup(func() { transport.CloseIdleConnections(); cancel(); wg.Wait() })
	p.peer = &rpc.Peer{URL: "http://" + ln.Addr().String(), HTTP: &http.Client{Transport: transport}, Signer: signer}
	return p
}

// printable is text that may travel: any letters, and what addresses are
// made of.
func printable(least, most int) *rapid.Generator[string] {
	r := rapid.OneOf(rapid.SampledFrom([]rune("az09/%?&#+ ;=:.~-_\\\"'<>{}|^`,@!$*()[]\n\té花😀")), rapid.RuneFrom(nil, unicode.Letter))
	return rapid.StringOfN(r, least, most, -1)
}

func TestEveryInputArrivesAsItWasSent(t *testing.T) {
	t.Parallel()
	p := start(t)
	items := rapid.Custom(func(t *rapid.T) item {
		i := item{Name: printable(1, 20).Draw(t, "name"), Kind: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "kind")}
		if rapid.Bool().Draw(t, "more") {
			i.More = map[string]string{printable(1, 5).Draw(t, "k"): printable(0, 5).Draw(t, "v")}
		}
		return i
	})
	rapid.Check(t, func(rt *rapid.T) {
		in := everything{
			Path: segment().Draw(rt, "path"), Other: segment().Draw(rt, "other"),
			Word: printable(0, 30).Draw(rt, "word"), Count: rapid.Int().Draw(rt, "count"), Yes: rapid.Bool().Draw(rt, "yes"),
			Key:  rapid.StringMatching(`[!-~]{8,40}`).Draw(rt, "key"),
			Text: printable(0, 60).Draw(rt, "text"), Number: rapid.Int64().Draw(rt, "number"),
		}
		if list := rapid.SliceOfN(items, 0, 5).Draw(rt, "list"); len(list) > 0 {
			in.List = list
		}
		if rapid.Bool().Draw(rt, "maybe") {
			in.Maybe = new(items.Draw(rt, "it"))
		}
		got, err := rpc.Call(t.Context(), p.peer, mirror, in)
		if err != nil {
			rt.Fatalf("%+v: %v", in, err)
		}
		want := same{in.Path, in.Other, in.Word, in.Count, in.Yes, in.Key, in.Text, in.Number, in.List, in.Maybe}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// segment is text that a path's segment may be: no control characters, no
// backslash, and not dots alone.
func segment() *rapid.Generator[string] {
	return printable(1, 30).Filter(func(s string) bool {
		if strings.ContainsAny(s, "\\\n\t") {
			return false
		}
		for part := range strings.SplitSeq(s, "/") {
			if part == "." || part == ".." {
				return false
			}
		}
		return true
	})
}

func TestLimitsHoldOnTheServersSide(t *testing.T) {
	t.Parallel()
	p := start(t)
	good := everything{Path: "p", Other: "o", Key: "key-00000001"}
	for name, c := range map[string]struct {
		change func(*everything)
		field  string
	}{
		"text too long":         {func(e *everything) { e.Text = strings.Repeat("花", 61) }, "text"},
		"a list too long":       {func(e *everything) { e.List = make([]item, 6) }, "list"},
		"a name missing":        {func(e *everything) { e.List = []item{{}} }, "list[0].name"},
		"a word not in an enum": {func(e *everything) { e.Maybe = &item{Name: "n", Kind: "c"} }, "maybe.kind"},
		"a control character":   {func(e *everything) { e.Text = "a\x00b" }, "text"},
		"a bell in a map":       {func(e *everything) { e.Maybe = &item{Name: "n", More: map[string]string{"k": "\a"}} }, "maybe.more"},
		"a path too long":       {func(e *everything) { e.Path = strings.Repeat("x", 61) }, "path"},
		"no path":               {func(e *everything) { e.Path = "" }, "path"},
		"dots for a path":       {func(e *everything) { e.Path = ".." }, "path"},
	} {
		in := good
		c.change(&in)
		_, err := rpc.Call(t.Context(), p.peer, mirror, in)
		if e, ok := errors.AsType[*errs.Error](err); !ok || !errors.Is(err, errs.ErrInvalid) || e.Fields[c.field] == "" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, k := range []string{"", "short", strings.Repeat("k", 129), "with space in it"} {
		in := good
		in.Key = k
		if _, err := rpc.Call(t.Context(), p.peer, mirror, in); !errors.Is(err, rpc.ErrNoKey) {
			t.Errorf("key %q: got %v", k, err)
		}
	}
}

func TestARuleThatSaysNoIsTheSameErrorHere(t *testing.T) {
	t.Parallel()
	p := start(t)
	_, err := rpc.Call(t.Context(), p.peer, failing, failIn{"rule"})
	e, ok := errors.AsType[*errs.Error](err)
	if !errors.Is(err, errSoldOut) || !ok || e.Code != errs.Exhausted || e.Fields["sku"] != "none left" {
		t.Errorf("got %#v", err)
	}
	if strings.Contains(err.Error(), "private") {
		t.Errorf("the cause travelled: %v", err)
	}
	if n := p.calls.Load(); n != 1 {
		t.Errorf("a rule was asked %d times", n)
	}
}

func TestOnlyWhatMayBeRepeatedIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"panic", "disk"} {
		p := start(t)
		if _, err := rpc.Call(t.Context(), p.peer, failing, failIn{how}); !errors.Is(err, rpc.ErrUnreachable) || p.calls.Load() != 3 {
			t.Errorf("%s of a GET: %v after %d calls", how, err, p.calls.Load())
		}
		p.calls.Store(0)
		if _, err := rpc.Call(t.Context(), p.peer, once, failIn{how}); !errors.Is(err, rpc.ErrUnreachable) || p.calls.Load() != 1 {
			t.Errorf("%s of a POST: %v after %d calls", how, err, p.calls.Load())
		}
	}
	p := start(t)
	gone := *p.peer
	gone.URL = "http://127.0.0.1:1"
	if _, err := rpc.Call(t.Context(), &gone, whoami, rpc.Empty{}); !errors.Is(err, rpc.ErrUnreachable) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestTheActorTravels(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, who := range []actor.Actor{
		{}, {User: "usr_1", Session: "ses_1", Roles: []actor.Role{actor.Creator}}, {User: "usr_2", Merchant: "mer_1"}, {System: "jobs"},
	} {
		got, err := rpc.Call(actor.With(t.Context(), who), p.peer, whoami, rpc.Empty{})
		if diff := cmp.Diff(who, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
	if _, err := rpc.Call(actor.AsSystem(t.Context(), "jobs"), p.peer, inner, rpc.Empty{}); err != nil {
		t.Errorf("the shop itself: %v", err)
	}
	if _, err := rpc.Call(actor.With(t.Context(), actor.Actor{User: "usr_1"}), p.peer, inner, rpc.Empty{}); !errors.Is(err, rpc.ErrNoRoute) {
		t.Errorf("a user on an internal route: %v", err)
	}
	if _, err := rpc.Call(t.Context(), p.peer, member, rpc.Empty{}); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("a visitor on a member's route: %v", err)
	}
}

func TestAClaimIsGoodForOneRequestAndAMinute(t *testing.T) {
	t.Parallel()
	p := start(t)
	who := actor.Actor{System: "app"}
	signed := func(s rpc.Signer, method, path string) string {
		h := http.Header{}
		if err := s.Sign(h, method, path, who); err != nil {
			t.Fatal(err)
		}
		return h.Get(rpc.ActorHeader)
	}
	const path = rpc.Prefix + "/inner"
	ours := rpc.Signer{Key: key, Now: p.clock.Now}
	at := func(d time.Duration) rpc.Signer {
		return rpc.Signer{Key: key, Now: func() time.Time { return p.clock.Now().Add(d) }}
	}
	good := signed(ours, "GET", path)
	claim, mac, _ := strings.Cut(good, ".")
	for name, c := range map[string]struct {
		value  string
		status int
	}{
		"good":              {good, 200},
		"50 s old":          {signed(at(-50*time.Second), "GET", path), 200},
		"50 s ahead":        {signed(at(50*time.Second), "GET", path), 200},
		"none":              {"", 404},
		"61 s old":          {signed(at(-61*time.Second), "GET", path), 401},
		"61 s ahead":        {signed(at(61*time.Second), "GET", path), 401},
		"of another method": {signed(ours, "POST", path), 401},
		"of another path":   {signed(ours, "GET", path+"x"), 401},
		"of another key":    {signed(rpc.Signer{Key: []byte("another key of good length"), Now: p.clock.Now}, "GET", path), 401},
		"not signed":        {claim, 401},
		"an empty sum":      {claim + ".", 401},
		"half a sum":        {claim + "." + mac[:len(mac)/2], 401},
		"changed":           {"e30" + claim[3:] + "." + mac, 401},
		"of nothing":        {".", 401},
		"rubbish":           {"%%%.%%%", 401},
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", p.peer.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.value != "" {
			req.Header.Set(rpc.ActorHeader, c.value)
		}
		res, err := p.peer.HTTP.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != c.status {
			t.Errorf("%s: got %d, want %d", name, res.StatusCode, c.status)
		}
	}
}

func TestAnEmptyKeyProvesNothing(t *testing.T) {
	t.Parallel()
	s := rpc.Signer{Now: time.Now}
	if err := s.Sign(http.Header{}, "GET", "/", actor.Actor{System: "x"}); err == nil {
		t.Error("signed without a key")
	}
	// What HMAC with an empty key makes of the claim {"System":...} is public.
	if _, err := s.Verify("e30.x", "GET", "/"); errs.CodeOf(err) != errs.Unauthenticated {
		t.Errorf("verified without a key: %v", err)
	}
}

func TestAPeerStopsWhenItsCallerDoes(t *testing.T) {
	t.Parallel()
	p := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := rpc.Call(ctx, p.peer, waiting, rpc.Empty{})
	if err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
	// The server's handler ends by the deadline that travelled: else Serve
	// would wait for it when this test ends, and report it.
}

func TestABodyHasNoSayInWhatTravelsElsewhere(t *testing.T) {
	t.Parallel()
	type sly struct {
		ID   string `path:"id"`
		Page string `query:"page"`
		Text string `json:"text"`
	}
	type out struct {
		Page string `json:"page"`
	}
	e := rpc.Endpoint[sly, out]{Name: "sly", Method: "POST", Path: "/sly/:id"}
	var got sly
	r := &recorder{body: `{"ID":"other","Page":"9","text":"t"}`, params: map[string]string{"id": "1"}}
	rpc.Mount(r, e, func(_ context.Context, in sly) (out, error) { got = in; return out{}, nil })
	if err := r.h(r); err != nil {
		t.Fatal(err)
	}
	if (got != sly{ID: "1", Text: "t"}) {
		t.Errorf("got %+v", got)
	}
}

// recorder is a router and an exchange of one request.
type recorder struct {
	h                      func(rpc.Exchange) error
	body                   string
	params, query, headers map[string]string
}

func (r *recorder) Handle(_ rpc.Route, h func(rpc.Exchange) error) { r.h = h }
func (r *recorder) Context() context.Context                       { return context.Background() }
func (r *recorder) Param(name string) string                       { return r.params[name] }
func (r *recorder) Query(name string) (string, bool)               { v, ok := r.query[name]; return v, ok }
func (r *recorder) Header(name string) string                      { return r.headers[name] }
func (r *recorder) Body() ([]byte, error)                          { return []byte(r.body), nil }
func (r *recorder) SetHeader(string, string)                       {}
func (r *recorder) Reply(int, any) error                           { return nil }
