package gateway

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"meadow/services/kernel/actor"
	"meadow/services/platform/web"
)

func TestWhoeverIsSuspendedReadsAndLittleElse(t *testing.T) {
	t.Parallel()
	var banned atomic.Bool
	d := open(t, func(_ *Config, deps *Deps, _ *web.Config) {
		deps.Identify = func(context.Context, string) (actor.Actor, error) {
			return actor.Actor{User: "usr_mei", Session: "ses_1", Suspended: banned.Load()}, nil
		}
	})
	header := map[string]string{
		"Cookie": "__Host-meadow=" + mei, "Origin": public, "Content-Type": "application/json", TokenHeader: d.token(t),
	}
	do := func(method, path string, want int) {
		t.Helper()
		body := ""
		if method != "GET" && method != "HEAD" {
			body = "{}"
		}
		res, answer := d.do(t, request{method: method, path: path, body: body, header: header})
		if res.StatusCode != want || want == 403 && !strings.Contains(answer, `"suspended"`) {
			t.Errorf("%s %s: got %d %s, want %d", method, path, res.StatusCode, answer, want)
		}
	}
	changes := []string{"POST", "PUT", "PATCH", "DELETE"}
	do("GET", "/api/v1/who", 200)
	for _, m := range changes {
		do(m, "/api/v1/things", 200)
	}
	do("GET", "/api/v1/who", 200) // and the session is remembered
	before := d.made()
	banned.Store(true)
	for _, m := range changes {
		do(m, "/api/v1/things", 403)
	}
	if got := d.made(); got != before {
		t.Errorf("%d changes got through", got-before)
	}
	do("GET", "/api/v1/who", 200)
	do("GET", "/p/1", 200)
	do("HEAD", "/p/1", 200)
	do("POST", "/api/v1/sign-out", 200)
	banned.Store(false)
	do("POST", "/api/v1/things", 200)
}

func TestWhatASuspendedPersonMayDoIsSaidByConfig(t *testing.T) {
	t.Parallel()
	d := open(t, func(cfg *Config, deps *Deps, _ *web.Config) {
		cfg.Suspended = []string{"changePUT"}
		deps.Identify = func(context.Context, string) (actor.Actor, error) {
			return actor.Actor{User: "usr_mei", Session: "ses_1", Suspended: true}, nil
		}
	})
	header := map[string]string{
		"Cookie": "__Host-meadow=" + mei, "Origin": public, "Content-Type": "application/json", TokenHeader: d.token(t),
	}
	for path, want := range map[[2]string]int{{"PUT", "/api/v1/things"}: 200, {"POST", "/api/v1/things"}: 403, {"POST", "/api/v1/sign-out"}: 403} {
		if res, body := d.do(t, request{method: path[0], path: path[1], body: "{}", header: header}); res.StatusCode != want {
			t.Errorf("%v: got %d %s, want %d", path, res.StatusCode, body, want)
		}
	}
}

func TestWhoeverIsSuspendedTakesBackWhatTheySaid(t *testing.T) {
	t.Parallel()
	may := Default().Suspended
	for _, route := range []string{"removePost", "unpublish", "unsay"} {
		if !slices.Contains(may, route) {
			t.Errorf("%s is not among what they may do", route)
		}
	}
	for _, route := range []string{"publish", "republish", "editPost", "say"} {
		if slices.Contains(may, route) {
			t.Errorf("%s is among what they may do", route)
		}
	}
}
