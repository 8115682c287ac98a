package gateway

import (
	"strings"
	"testing"
)

// unsafeRoutes are all routes behind the door that change something.
var unsafeRoutes = []struct{ method, path string }{
	{"POST", "/api/v1/things"}, {"PUT", "/api/v1/things"}, {"PATCH", "/api/v1/things"}, {"DELETE", "/api/v1/things"},
	{"POST", "/api/v1/sign-in"}, {"POST", "/api/v1/sign-out"}, {"POST", "/hooks/pay"}, {"POST", "/media/x"},
}

func TestNoOtherSiteChangesAnything(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	token := d.token(t)
	origins := []string{
		"https://evil.example", "null", "http://shop.example", "https://shop.example:8443",
		"https://sub.shop.example", "https://shop.example.evil.example", "https://evilshop.example", "file://",
	}
	for _, origin := range origins {
		for _, r := range unsafeRoutes {
			for _, cookie := range []string{"", "__Host-meadow=" + mei} {
				for _, tok := range []string{"", token} {
					res, body := d.do(t, request{method: r.method, path: r.path, body: "{}", header: map[string]string{
						"Origin": origin, "Cookie": cookie, TokenHeader: tok,
						"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site",
					}})
					if res.StatusCode != 403 || !strings.Contains(body, "cross_site") {
						t.Errorf("%s %s from %s: %d %s", r.method, r.path, origin, res.StatusCode, body)
					}
				}
			}
		}
	}
	if n := d.made(); n != 0 {
		t.Errorf("%d changes were made", n)
	}
}

func TestAChangeComesFromOurPageAndCarriesTheSessionsToken(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	token := d.token(t)
	cookie := "__Host-meadow=" + mei
	other := d.gateway.tokenFor("session-of-eve-000000")
	for name, c := range map[string]struct {
		header map[string]string
		status int
	}{
		"our page":                         {map[string]string{"Origin": public, "Cookie": cookie, TokenHeader: token}, 200},
		"our page, by fetch metadata":      {map[string]string{"Sec-Fetch-Site": "same-origin", "Cookie": cookie, TokenHeader: token}, 200},
		"our page in capitals":             {map[string]string{"Origin": "HTTPS://SHOP.EXAMPLE", "Cookie": cookie, TokenHeader: token}, 200},
		"a program without a session":      {map[string]string{}, 200},
		"a session that ended":             {map[string]string{"Origin": public, "Cookie": "__Host-meadow=ended-session-0000"}, 200},
		"a program with a session":         {map[string]string{"Cookie": cookie, TokenHeader: token}, 403},
		"no token":                         {map[string]string{"Origin": public, "Cookie": cookie}, 403},
		"somebody else's token":            {map[string]string{"Origin": public, "Cookie": cookie, TokenHeader: other}, 403},
		"a broken token":                   {map[string]string{"Origin": public, "Cookie": cookie, TokenHeader: token[:20]}, 403},
		"a token of one changed character": {map[string]string{"Origin": public, "Cookie": cookie, TokenHeader: flip(token)}, 403},
		"a subdomain, by fetch metadata":   {map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		"another site, by fetch metadata":  {map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
	} {
		c.header["Content-Type"] = "application/json"
		if res, body := d.do(t, request{method: "POST", path: "/api/v1/things", body: "{}", header: c.header}); res.StatusCode != c.status {
			t.Errorf("%s: got %d %s, want %d", name, res.StatusCode, body, c.status)
		}
	}
}

func flip(token string) string {
	if token[0] == 'A' {
		return "B" + token[1:]
	}
	return "A" + token[1:]
}

func TestATokenLooksDifferentEachTime(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	a, b := d.token(t), d.token(t)
	if a == b || !d.gateway.belongs(a, mei) || !d.gateway.belongs(b, mei) {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestAnUploadNeedsItsOwnTokenAndNoCookie(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	res, body := d.do(t, request{method: "POST", path: "/media/x", header: map[string]string{"Origin": public, "Cookie": "__Host-meadow=" + mei}})
	if res.StatusCode != 200 || body != "media" {
		t.Errorf("got %d %s", res.StatusCode, body)
	}
}
