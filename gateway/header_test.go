package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"meadow/services/platform/web"
)

// raw sends a path just as it is.
func (d *door) raw(t *testing.T, path string) (int, string) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n", path)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestEveryAnswerCarriesItsSecurityHeaders(t *testing.T) {
	t.Parallel()
	d := open(t, func(_ *Config, deps *Deps, _ *web.Config) { deps.Page = hostilePage })
	routes := []request{
		{method: "GET", path: "/"}, {method: "GET", path: "/p/1"}, {method: "GET", path: "/p/gone"}, {method: "GET", path: "/studio/"},
		{method: "GET", path: "/studio"}, {method: "GET", path: "/assets/app-4f3a9c21.js"}, {method: "GET", path: "/assets/logo.svg"},
		{method: "GET", path: "/sw.js"}, {method: "GET", path: "/assets/nothing.js"}, {method: "GET", path: "/api/v1/who"},
		{method: "GET", path: "/api/v1/csrf"}, {method: "GET", path: "/api/v1/nothing"}, {method: "GET", path: "/media/x"},
		{method: "GET", path: "/healthz"}, {method: "GET", path: "/readyz"}, {method: "OPTIONS", path: "/api/v1/who"},
		{method: "PROPFIND", path: "/"},
	}
	for _, r := range unsafeRoutes {
		routes = append(routes,
			request{method: r.method, path: r.path, body: "{}", header: map[string]string{"Content-Type": "application/json"}},
			request{method: r.method, path: r.path, body: "{}", header: map[string]string{"Origin": "https://evil.example"}},
			request{method: r.method, path: r.path, body: "x", header: map[string]string{"Content-Encoding": "gzip"}})
	}
	for _, r := range routes {
		res, _ := d.do(t, r)
		name := fmt.Sprintf("%s %s -> %d", r.method, r.path, res.StatusCode)
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000",
			"X-Frame-Options": "DENY", "Permissions-Policy": "geolocation=()", "Content-Security-Policy": "default-src 'none'",
		} {
			if got := res.Header.Values(header); len(got) != 1 || !strings.Contains(got[0], want) {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
		policy := res.Header.Get("Content-Security-Policy")
		for _, never := range []string{"script-src *", "'unsafe-eval'", "script-src 'self' 'unsafe-inline'", "http:", "https:"} {
			if strings.Contains(policy, never) {
				t.Errorf("%s: the policy allows %s", name, never)
			}
		}
		if !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "base-uri 'none'") {
			t.Errorf("%s: policy %q", name, policy)
		}
		if strings.HasPrefix(r.path, "/api/") && res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", name, res.Header.Get("Cache-Control"))
		}
		for _, leak := range []string{"Server", "X-Powered-By", "Access-Control-Allow-Origin"} {
			if got := res.Header.Get(leak); got != "" {
				t.Errorf("%s: %s is %q", name, leak, got)
			}
		}
	}
}
