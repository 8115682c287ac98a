package app

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"meadow/deploy/shopper"
	"meadow/media"
	"meadow/services/checkout"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/rpc"
)

// TestEveryAnswerOfTheShopIsSafeToShow looks at one answer, and one refusal, of
// everything that the front door serves. (SEC-S5)
func TestEveryAnswerOfTheShopIsSafeToShow(t *testing.T) {
	t.Parallel()
	metrics, err := shopper.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	d := openDoor(t, t.TempDir(), errorsOnly(t), func(c *Config) { c.PublicURL, c.MetricsListen = "https://shop.example", metrics })
	picture, bill := d.thingsToSee(t)

	const json, html = "application/json", "text/html; charset=utf-8"
	for _, r := range []struct {
		method, path string
		status       int
		kind         string
	}{
		{"GET", "/", 200, html},
		{"GET", "/search", 200, html},
		{"GET", "/p/pst_nothing", 404, html},
		{"GET", "/orders/ord_1", 200, html},
		{"GET", "/studio/", 200, html},
		{"GET", "/assets/app-4f3a9c21.js", 200, "text/javascript; charset=utf-8"},
		{"GET", "/assets/app-4f3a9c21.css", 200, "text/css; charset=utf-8"},
		{"GET", "/assets/nothing.js", 404, json},
		{"GET", "/api/openapi.json", 200, json},
		{"GET", "/api/v1/products", 200, json},
		{"GET", "/api/v1/account/me", 401, json},
		{"GET", "/api/v1/nothing", 404, json},
		{"GET", "/api/v1/internal/posts", 404, json},
		{"POST", "/api/v1/account/sign-in", 400, json},
		{"PATCH", "/api/v1/products", 404, json},
		{"GET", picture, 200, "image/"},
		{"GET", media.PicturePath + "nothing", 404, json},
		{"POST", media.UploadPath, 412, json},
		{"OPTIONS", media.UploadPath, 204, ""},
		{"GET", "/sandbox/pay.css", 200, "text/css; charset=utf-8"},
		{"GET", sandboxPage + bill, 200, html},
		{"GET", sandboxPage + "pay_nothing", 404, json},
		{"POST", sandboxPage + bill + "/pay", 303, ""},
		{"POST", "/webhooks/sandbox", 403, json},
		{"POST", "/webhooks/nobody", 400, json},
		{"GET", "/healthz", 200, ""},
		{"GET", "/readyz", 200, json},
	} {
		name := fmt.Sprintf("%s %s", r.method, r.path)
		q := request{method: r.method, path: r.path, header: map[string]string{"Origin": "https://shop.example"}}
		if r.method == "POST" {
			q.body = []byte("{}")
		}
		a := d.visitor("visitor").ask(t, q)
		if a.status != r.status || !strings.HasPrefix(a.header.Get("Content-Type"), r.kind) {
			t.Errorf("%s: %d %q, want %d %q", name, a.status, a.header.Get("Content-Type"), r.status, r.kind)
		}
		safeHeaders(t, name, a.header)
		if strings.HasPrefix(r.path, "/api/v1/") && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", name, a.header.Get("Cache-Control"))
		}
	}
	d.onlyApart(t, metrics)
}

// safeHeaders are those that every answer carries, whoever made it.
func safeHeaders(t *testing.T, name string, h http.Header) {
	t.Helper()
	for header, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=31536000", "Content-Security-Policy": "default-src 'none'",
		"Referrer-Policy": "strict-origin", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
		"Permissions-Policy": "geolocation=()", "Cross-Origin-Resource-Policy": "origin",
	} {
		if got := h.Values(header); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%s: %s is %q", name, header, got)
		}
	}
	policy := h.Get("Content-Security-Policy")
	for directive := range strings.SplitSeq(policy, ";") {
		words := strings.Fields(directive)
		if len(words) == 0 {
			continue
		}
		for _, never := range []string{"*", "'unsafe-eval'", "http:", "https:", "data:"} {
			if slices.Contains(words, never) && (never != "data:" || words[0] != "img-src") {
				t.Errorf("%s: the policy says %q", name, directive)
			}
		}
		if words[0] == "script-src" && slices.Contains(words, "'unsafe-inline'") {
			t.Errorf("%s: the policy says %q", name, directive)
		}
	}
	for _, leak := range []string{"Server", "X-Powered-By", "Access-Control-Allow-Origin", rpc.ActorHeader} {
		if got := h.Get(leak); got != "" {
			t.Errorf("%s: %s is %q", name, leak, got)
		}
	}
}

// thingsToSee are the path of a picture and the id of a bill.
func (d *door) thingsToSee(t *testing.T) (path, bill string) {
	t.Helper()
	owner := id.User(id.Derive("usr", "owner"))
	asked := media.PicturesIn{IDs: []id.Media{d.picture(t, owner)}}
	found, err := d.front.Media.Pictures(actor.AsSystem(t.Context(), "test"), asked)
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("%d pictures, %v", len(found.Items), err)
	}
	w := &world{door: d, t: t, shared: map[string]string{}, photos: map[id.User]id.Media{}}
	seller := w.join(&person{door: d, name: "seller", user: w.signUp("seller")}, actor.Merchant)
	w.market = w.product(seller).SKUs[0].ID
	w.stock(seller)
	order := id.Order(w.order(seller))
	p, err := d.front.Checkout.Pay(w.as(seller), checkout.Pay{ID: order, Provider: sandbox.Name, RequestID: w.key()})
	w.must(err)
	return found.Items[0].Renditions[0].URL, string(p.ID)
}

// onlyApart checks that what is measured is served apart, and nowhere else.
func (d *door) onlyApart(t *testing.T, metrics string) {
	t.Helper()
	for _, path := range []string{"/metrics", "/metrics/", "/debug/pprof/", "/debug/vars", "/api/v1/metrics"} {
		a := d.visitor("visitor").ask(t, request{method: http.MethodGet, path: path})
		for _, word := range []string{"# HELP", "go_goroutines", "profile", "memstats"} {
			if strings.Contains(string(a.body), word) {
				t.Errorf("the front door shows %s: %.80q", path, a.body)
			}
		}
	}
	apart := &door{testShop: &testShop{url: "http://" + metrics}, net: d.net}
	for path, want := range map[string]int{"/metrics": 200, "/": 404, "/api/v1/products": 404} {
		a := apart.visitor("collector").ask(t, request{method: http.MethodGet, path: path})
		if a.status != want || want == 200 && !strings.Contains(string(a.body), "go_goroutines") {
			t.Errorf("apart, %s answers %d %.80q", path, a.status, a.body)
		}
	}
}
