// Package gateway is the front door of the shop: it finds out who is asking,
// refuses what another site sends in their name, limits how fast anybody asks,
// and serves the web app. It holds no rule of the business.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

// Config is what the front door lets in.
type Config struct {
	// PublicURL is where browsers reach the shop. Every absolute address is made
	// from it, and from nothing that a request says.
	PublicURL string
	// Origins are further origins whose pages may act for who is signed in.
	Origins []string
	// PerClient limits one address, PerActor one account or shop; the zero Limit
	// limits nothing.
	PerClient, PerActor Limit
	// Strict limits one address on single routes, by their names: signing in,
	// asking for a code.
	Strict map[string]Limit
	// Unlimited are prefixes of paths that no limit by address counts: a payment
	// provider tells of a whole rush from a few addresses, and signs each word.
	Unlimited []string
	// Cookieless are prefixes of paths that look at no cookie: who asks there
	// proves it by a token in the request.
	Cookieless []string
	// Suspended are the routes, by their names, that change something and that
	// somebody who is suspended may still ask for.
	Suspended []string
	// ViewerPolicy and ConsolePolicy are the Content-Security-Policy of the pages
	// of the shop, and of those of its studio and administration.
	ViewerPolicy, ConsolePolicy string
}

// Limit is how often something may happen: Burst times at once, and then
// PerSecond.
type Limit struct {
	PerSecond float64
	Burst     int
}

// Default is for a shop that is tried out on one's own machine.
func Default() Config {
	return Config{
		PublicURL:     "http://localhost:8080",
		PerClient:     Limit{PerSecond: 50, Burst: 300},
		PerActor:      Limit{PerSecond: 25, Burst: 150},
		Cookieless:    []string{"/media/"},
		Suspended:     suspendedMay,
		ViewerPolicy:  viewerPolicy,
		ConsolePolicy: consolePolicy,
	}
}

// Deps is what the front door needs.
type Deps struct {
	Log *slog.Logger
	Now clock.Now
	// Identify returns whose session a token is. An error of the kind
	// Unauthenticated means that it is nobody's any more.
	Identify func(ctx context.Context, token string) (actor.Actor, error)
	// Renew returns the token that follows one, and for how long it is good, when
	// it is time; "" when it is not. It may be nil.
	Renew func(ctx context.Context, token string) (next string, ttl time.Duration, err error)
	// Key makes the tokens that forms carry. It is the same in every process.
	Key []byte
	// Dist holds the built web app; see static.go for its layout.
	Dist fs.FS
	// Page says what a page shows before any script runs; nil shows nothing.
	Page Page
}

// Gateway is the front door, fitted to a server.
type Gateway struct {
	cfg    Config
	deps   Deps
	public string // PublicURL without a path
	secure bool
	allow  map[string]bool // origins

	sessions *sessions
	perIP    *limiter
	perActor *limiter
	strict   map[string]*limiter
	site     *site
}

// New fits the front door to s, which then serves the web app and knows who is
// asking. Services are mounted on s as well, before or after.
func New(cfg Config, deps Deps, s *web.Server) (*Gateway, error) {
	if len(deps.Key) < 16 {
		return nil, errors.New("gateway: Key needs at least 16 bytes")
	}
	u, err := url.Parse(cfg.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("gateway: %q is not an http address", cfg.PublicURL)
	}
	g := &Gateway{cfg: cfg, deps: deps, public: u.Scheme + "://" + u.Host, secure: u.Scheme == "https"}
	if g.allow, err = origins(u, cfg.Origins); err != nil {
		return nil, err
	}
	if g.site, err = newSite(deps.Dist); err != nil {
		return nil, err
	}
	g.sessions = newSessions(deps.Identify, deps.Now)
	g.perIP, g.perActor = newLimiter(cfg.PerClient, deps.Now), newLimiter(cfg.PerActor, deps.Now)
	g.strict = map[string]*limiter{}
	for route, l := range cfg.Strict {
		g.strict[route] = newLimiter(l, deps.Now)
	}
	s.Before(g.limitClient)
	s.Before(g.identify)
	s.Before(g.limitActor)
	s.Before(g.sameSite)
	s.Before(g.suspended)
	g.mount(s)
	s.Otherwise(g.serve)
	return g, nil
}

// origins lists who may act for a signed-in browser: the shop's own address,
// under each name of this machine if it is on this machine, and extra ones.
func origins(public *url.URL, extra []string) (map[string]bool, error) {
	allow := map[string]bool{originOf(public): true}
	switch public.Hostname() {
	case "localhost", "127.0.0.1", "::1":
		for _, host := range []string{"localhost", "127.0.0.1", "[::1]"} {
			if port := public.Port(); port != "" {
				host += ":" + port
			}
			allow[public.Scheme+"://"+host] = true
		}
	}
	for _, o := range extra {
		u, err := url.Parse(o)
		if err != nil || originOf(u) != strings.ToLower(o) {
			return nil, fmt.Errorf("gateway: %q is not an origin", o)
		}
		allow[originOf(u)] = true
	}
	return allow, nil
}

func originOf(u *url.URL) string { return strings.ToLower(u.Scheme + "://" + u.Host) }

// cookieless reports whether a path looks at no cookie.
func (g *Gateway) cookieless(path string) bool { return begins(path, g.cfg.Cookieless) }

func begins(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}

func unsafe(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// tokenEndpoint gives the token that a request which changes something carries.
var tokenEndpoint = rpc.Endpoint[rpc.Empty, Token]{
	Name: "csrfToken", Method: http.MethodGet, Path: "/csrf",
	Summary: "The token that requests of this session carry in X-Meadow-CSRF.",
	Timeout: time.Second,
}

// Routes adds what the front door itself answers to r, for the document of the
// API.
func Routes(r rpc.Router) { new(Gateway).mount(r) }

func (g *Gateway) mount(r rpc.Router) { rpc.Mount(r, tokenEndpoint, g.token) }

// Token is what a browser's requests carry in TokenHeader. It is "" for who is
// not signed in, and then not needed.
type Token struct {
	Token string `json:"token"`
}
