package gateway

import (
	"context"
	"html/template"
	"net/http"
	"strings"
	"testing"

	"meadow/services/platform/web"
)

const hostile = `</script><script>alert(1)</script>"'<!--`

func hostilePage(_ context.Context, path string) (Head, any, int) {
	if path == "/p/gone" {
		return Head{Title: "Gone"}, nil, http.StatusNotFound
	}
	return Head{
		Title: hostile, Description: hostile, Path: "/p/1", Image: "/media/a.webp", ImageAlt: hostile, Lang: hostile,
		LinkedData: map[string]string{"name": hostile},
		Preload: []Preload{
			{URL: "/media/a.webp", As: "image"},
			{URL: "/media/b>; rel=x", As: "image"}, {URL: "https://evil.example/x", As: "script"},
		},
		Body: template.HTML("<main>first cards</main>"),
	}, map[string]string{"post": hostile}, http.StatusOK
}

func TestAPageIsRenderedWithItsHeadAndFirstData(t *testing.T) {
	t.Parallel()
	d := open(t, func(_ *Config, deps *Deps, _ *web.Config) { deps.Page = hostilePage })
	res, body := d.do(t, request{method: "GET", path: "/p/1", header: map[string]string{"Host": "evil.example"}})
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	for _, want := range []string{
		`<link rel="canonical" href="https://shop.example/p/1">`,
		`<meta property="og:image" content="https://shop.example/media/a.webp">`,
		`<script type="application/json" id="boot">{"csrf":"","data":{"post":"\u003c/script\u003e`,
		`<script type="application/ld+json">{"name":"\u003c/script\u003e`,
		`<div id="app"><main>first cards</main></div>`,
		`src="/assets/app-4f3a9c21.js"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s:\n%s", want, body)
		}
	}
	if n := strings.Count(body, "<script"); n != 3 || strings.Contains(body, "evil") || strings.Count(body, "<title>") != 1 {
		t.Errorf("%d scripts in\n%s", n, body)
	}
	if got := res.Header.Values("Link"); len(got) != 1 || got[0] != "</media/a.webp>; rel=preload; as=image; fetchpriority=high" {
		t.Errorf("Link %q", got)
	}
	if res, _ := d.do(t, request{method: "GET", path: "/p/gone"}); res.StatusCode != 404 {
		t.Errorf("a page that is gone: %d", res.StatusCode)
	}
	if res, body := d.do(t, request{method: "HEAD", path: "/p/1"}); res.StatusCode != 200 || body != "" {
		t.Errorf("HEAD: %d %q", res.StatusCode, body)
	}
}

func TestAssetsAreServedInTheEncodingTheirReaderTakes(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	plain := strings.Repeat("console.log(1);", 50)
	for accept, want := range map[string]string{
		"": plain, "gzip": "gzipped", "gzip, deflate, br": "brotli", "br;q=0, gzip;q=0.5": "gzipped", "br;q=0.0": plain, "deflate": plain,
	} {
		res, body := d.do(t, request{method: "GET", path: "/assets/app-4f3a9c21.js", header: map[string]string{"Accept-Encoding": accept}})
		if body != want || res.Header.Get("Vary") != "Accept-Encoding" || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%q: got %.20q %v", accept, body, res.Header)
		}
	}
	for accept, want := range map[string]string{"": "console.log('late')", "gzip": string(gzipped("console.log('late')")), "br": "br"} {
		res, body := d.do(t, request{method: "GET", path: "/assets/late-5b6c7d8e.js", header: map[string]string{"Accept-Encoding": accept}})
		if body != want || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/javascript") {
			t.Errorf("a script that came compressed only, for %q: %q", accept, body)
		}
	}
	res, _ := d.do(t, request{method: "GET", path: "/sw.js"})
	if res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("sw.js: %v", res.Header)
	}
	again, body := d.do(t, request{method: "GET", path: "/sw.js", header: map[string]string{"If-None-Match": `"x", ` + res.Header.Get("ETag")}})
	if again.StatusCode != 304 || body != "" {
		t.Errorf("unchanged: %d %q", again.StatusCode, body)
	}
}

func TestNoPathLeadsOutOfTheWebApp(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	for _, path := range []string{
		"/../go.mod", "/..%2fgo.mod", "/%2e%2e/go.mod", "/%2e%2e%2fgo.mod", "/assets/../../go.mod", "/assets/..%2f..%2fgo.mod",
		"/..%5cgo.mod", "/%5c..%5cgo.mod", "/assets/%00", "/assets/app-4f3a9c21.js%00.html", "/%252e%252e/go.mod",
		"/%2561dmin", "/assets/%2e%2e%5cx", "/./index.html", "/assets/.", "/assets/..", "//assets/logo.svg", "/assets//logo.svg",
		"/assets/logo.svg/", "/assets/app-4f3a9c21.js.br", "/assets/app-4f3a9c21.js.gz", "/assets", "/assets/", "/assets/nothing.js",
		"/file:///etc/passwd", "/etc/passwd", "/%c0%ae%c0%ae/go.mod", "/%zz", "/api/v1/../../go.mod",
	} {
		res, body := d.raw(t, path)
		leaked := strings.Contains(body, "module meadow") || strings.Contains(body, "brotli") || strings.Contains(body, "<svg") || strings.Contains(body, "root:")
		page := res == 200 && strings.HasPrefix(body, "<!doctype html>")
		if leaked || res != 400 && res != 404 && !page {
			t.Errorf("%s: %d %.80q", path, res, body)
		}
		if page && strings.Contains(path, "..") {
			t.Errorf("%s is a page", path)
		}
	}
}

func TestTheStudioHasItsOwnPage(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	res, body := d.do(t, request{method: "GET", path: "/studio/posts/new"})
	if res.StatusCode != 200 || !strings.Contains(body, "studio") || !strings.Contains(res.Header.Get("Content-Security-Policy"), "style-src-attr") {
		t.Errorf("%d %s %v", res.StatusCode, body, res.Header)
	}
	if res, _ := d.do(t, request{method: "GET", path: "/studio"}); res.StatusCode != 308 || res.Header.Get("Location") != "/studio/" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	if res, _ := d.do(t, request{method: "GET", path: "/api/v1/nothing"}); res.StatusCode != 404 || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}
