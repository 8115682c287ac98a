package gateway

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/web"
)

func TestFiftySpoofedHeadersChangeNothing(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *Config, _ *Deps, _ *web.Config) { c.PerClient = Limit{PerSecond: 0.001, Burst: 10} })
	spoofs := []map[string]string{}
	for _, name := range []string{
		"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip",
		"X-Cluster-Client-Ip", "Fastly-Client-Ip", "X-Originating-Ip", "Client-Ip",
	} {
		for _, v := range []string{"9.9.9.9", "127.0.0.1", "8.8.8.8, 127.0.0.1", "::1", "for=1.2.3.4;host=evil.example;proto=http"} {
			spoofs = append(spoofs, map[string]string{name: v, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"})
		}
	}
	passed := 0
	for _, h := range spoofs {
		h["Cookie"] = ""
		res, body := d.do(t, request{method: "GET", path: "/p/1", header: h})
		if res.StatusCode == 200 {
			passed++
		}
		if strings.Contains(body, "evil") || strings.Contains(res.Header.Get("Location"), "evil") {
			t.Errorf("%v: the answer repeats it", h)
		}
	}
	if len(spoofs) != 50 || passed != 10 {
		t.Errorf("%d of %d requests passed a limit of 10", passed, len(spoofs))
	}
}

func TestATrustedProxySpeaksForItsClientsOnly(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *Config, _ *Deps, w *web.Config) {
		c.PerClient = Limit{PerSecond: 0.001, Burst: 1}
		w.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	for i, c := range []struct {
		forwarded string
		status    int
	}{
		{"9.9.9.1", 200},
		{"9.9.9.1", 429},
		{"9.9.9.2", 200},
		{"1.1.1.1, 9.9.9.2", 429},           // what a client wrote before the proxy did
		{"1.1.1.1, 9.9.9.3, 10.0.0.7", 200}, // two proxies of ours
		{"9.9.9.3", 429},
		{"2001:db8::1", 200},
		{"2001:db8::2", 429}, // the same network
	} {
		res, _ := d.do(t, request{method: "GET", path: "/p/1", header: map[string]string{"X-Forwarded-For": c.forwarded}})
		if res.StatusCode != c.status {
			t.Errorf("%d: %s got %d, want %d", i, c.forwarded, res.StatusCode, c.status)
		}
	}
}

func TestSigningInIsLimitedMoreStrictly(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *Config, _ *Deps, _ *web.Config) {
		c.Strict = map[string]Limit{"signIn": {PerSecond: 0.1, Burst: 2}}
	})
	try := func() *http.Response {
		res, _ := d.do(t, request{method: "POST", path: "/api/v1/sign-in"})
		return res
	}
	if a, b, c := try(), try(), try(); a.StatusCode != 200 || b.StatusCode != 200 || c.StatusCode != 429 || c.Header.Get("Retry-After") != "10" {
		t.Errorf("got %d %d %d, retry after %q", a.StatusCode, b.StatusCode, c.StatusCode, c.Header.Get("Retry-After"))
	}
	if res, _ := d.do(t, request{method: "GET", path: "/api/v1/who"}); res.StatusCode != 200 {
		t.Errorf("other routes: %d", res.StatusCode)
	}
	d.clock.Advance(10 * time.Second)
	if res := try(); res.StatusCode != 200 {
		t.Errorf("after the wait: %d", res.StatusCode)
	}
}

func TestFilesAreNotLimitedAndUploadsAre(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *Config, _ *Deps, _ *web.Config) { c.PerClient = Limit{PerSecond: 0.001, Burst: 1} })
	for range 5 {
		for _, path := range []string{"/assets/logo.svg", "/media/picture"} {
			if res, _ := d.do(t, request{method: "GET", path: path}); res.StatusCode != 200 {
				t.Errorf("%s: %d", path, res.StatusCode)
			}
		}
	}
	a, _ := d.do(t, request{method: "POST", path: "/media/upload"})
	b, _ := d.do(t, request{method: "POST", path: "/media/upload"})
	if a.StatusCode != 200 || b.StatusCode != 429 {
		t.Errorf("uploads: %d %d", a.StatusCode, b.StatusCode)
	}
}

func TestALimiterForgetsOldKeysFirst(t *testing.T) {
	t.Parallel()
	l := newLimiter(Limit{PerSecond: 1, Burst: 1}, clock.NewFake(time.Unix(0, 0)).Now)
	for i := range 3*bucketsPerHalf + 5 {
		l.bucket(string(rune('a'+i%26)) + id.Derive("k", string(rune(i))))
	}
	if n := len(l.newer) + len(l.older); n > 2*bucketsPerHalf {
		t.Errorf("%d buckets are held", n)
	}
}
