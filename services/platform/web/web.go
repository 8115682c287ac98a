// Package web is the HTTP server that every process of the shop answers with:
// Fiber behind a guard that refuses ambiguous messages, with limits, request
// ids, health, metrics and one place where an error becomes a status.
//
// A Server is a rpc.Router. Handle serves an endpoint, Raw a body that is not
// JSON, Mount a net/http handler whose bodies stream, Otherwise what nothing
// else matched. Hooks added by Before see every request first.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"meadow/services/kernel/clock"
	"meadow/services/platform/rpc"
)

// Config is how much a server bears.
type Config struct {
	// ReadTimeout is how long a client may take to send a request. On a mounted
	// handler it is how long the client may pause.
	ReadTimeout time.Duration
	// WriteTimeout is how long a client may take to receive one write.
	WriteTimeout time.Duration
	// IdleTimeout is how long a connection may wait for its next request.
	IdleTimeout time.Duration
	// DrainTimeout is how long a stopping server waits for requests under way.
	DrainTimeout time.Duration
	// MaxHeader is the most bytes the head of a request may have.
	MaxHeader int
	// MaxConns is the most connections at a time, MaxConnsPerIP the most from one
	// address that is not a trusted proxy; 0 means any number. The server of a peer
	// does not count them: its gateways are few, and ask for everybody.
	MaxConns      int
	MaxConnsPerIP int
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// HTTPS says that the public address is https, and shall stay so.
	HTTPS bool
	// Compress packs answers of text for readers that unpack them. Peers do not.
	Compress bool
	// MetricsListen is where /metrics is served, apart from everything else; ""
	// serves none.
	MetricsListen string
}

// Default bears an ordinary shop.
func Default() Config {
	return Config{
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 60 * time.Second,
		DrainTimeout: 15 * time.Second, MaxHeader: 16 << 10, MaxConns: 20_000, MaxConnsPerIP: 200,
	}
}

// orDefault fills in what c leaves at zero and cannot mean "none".
func (c Config) orDefault() Config {
	d := Default()
	for _, f := range []struct{ have, want *time.Duration }{
		{&c.ReadTimeout, &d.ReadTimeout}, {&c.WriteTimeout, &d.WriteTimeout},
		{&c.IdleTimeout, &d.IdleTimeout}, {&c.DrainTimeout, &d.DrainTimeout},
	} {
		if *f.have <= 0 {
			*f.have = *f.want
		}
	}
	if c.MaxHeader <= 0 {
		c.MaxHeader = d.MaxHeader
	}
	if c.MaxConns <= 0 {
		c.MaxConns = d.MaxConns
	}
	return c
}

// Deps is what a server needs of its process.
type Deps struct {
	Log *slog.Logger
	Now clock.Now
	// Registry counts requests; nil counts none.
	Registry *prometheus.Registry
	// Signer makes this the server of a peer: who is asking comes from a header
	// that it verifies. Without one the server is public, and drops such headers.
	Signer *rpc.Signer
	// Trace, if set, surrounds each request.
	Trace Trace
}

// Trace begins a span named after a route. header reads the request's headers
// if a peer signed it, and finds nothing otherwise. The function it returns
// ends the span.
type Trace func(ctx context.Context, route string, header func(string) string) (context.Context, func(status int))

// Hook sees a request before its route does. It may replace the request's
// context; its error is the answer.
type Hook func(*Exchange) error

// Server answers HTTP. Routes and hooks are added before Serve.
type Server struct {
	cfg     Config
	deps    Deps
	app     *fiber.App
	hooks   []Hook
	headers []header
	metrics *metrics
	health  health
	guard   *guard

	otherwise fiber.Handler // nil answers that there is nothing

	base     context.Context // of every request; ends when draining gives up
	cancel   context.CancelFunc
	draining atomic.Bool
}

// New returns a server with nothing but its health routes.
func New(cfg Config, deps Deps) *Server {
	cfg = cfg.orDefault()
	if deps.Signer != nil {
		cfg.MaxConnsPerIP = 0
	}
	s := &Server{cfg: cfg, deps: deps, headers: commonHeaders(cfg.HTTPS), metrics: newMetrics(deps.Registry)}
	s.base, s.cancel = context.WithCancel(context.Background())
	s.app = fiber.New(fiber.Config{
		Immutable: true, CaseSensitive: true, StrictRouting: true, DisableStartupMessage: true,
		StreamRequestBody: true, DisablePreParseMultipartForm: true,
		BodyLimit: readAhead, // what may be read ahead of a handler, not what may be sent
		// The guard sets a deadline for each write, so that a long download may go
		// on for as long as its client keeps taking it.
		ReadTimeout: cfg.ReadTimeout, IdleTimeout: cfg.IdleTimeout,
		Concurrency: cfg.MaxConns, ReadBufferSize: cfg.MaxHeader + 512, WriteBufferSize: 16 << 10,
		ErrorHandler: s.unmatched,
	})
	s.guard = newGuard(cfg)
	s.guard.refused = func(why error) {
		s.metrics.malformed()
		deps.Log.Debug("message refused", "err", why)
	}
	s.app.Get("/healthz", s.healthz)
	s.app.Get("/readyz", s.readyz)
	return s
}

// Handle serves an endpoint; it makes Server a rpc.Router.
func (s *Server) Handle(r rpc.Route, h func(rpc.Exchange) error) {
	t := target{name: r.Name, maxBody: r.MaxBody, json: true}
	s.app.Add(r.Method, r.Path, s.answer(t, func(x *Exchange) error { return h(x) }))
}

// Raw serves a route whose body, if any, is not JSON: a webhook, a form, SDP.
func (s *Server) Raw(method, path string, maxBody int, h func(*Exchange) error) {
	s.app.Add(method, path, s.answer(target{name: method + " " + path, maxBody: maxBody}, h))
}

// Fallback is the name of the route that Otherwise serves.
const Fallback = "otherwise"

// Otherwise serves what no route matches, and is called once. Without it, such
// requests are answered with rpc.ErrNoRoute.
func (s *Server) Otherwise(h func(*Exchange) error) {
	s.otherwise = s.answer(target{name: Fallback}, h)
}

// Before adds a hook, which runs after those added earlier.
func (s *Server) Before(h Hook) { s.hooks = append(s.hooks, h) }

// target is what a route's handler may expect.
type target struct {
	name    string
	maxBody int
	json    bool // a body must be JSON
	streams bool // bodies are neither held nor limited here
}

// server is the fasthttp server below Fiber.
func (s *Server) server() *fasthttp.Server { return s.app.Server() }

// handler closes the list of routes. What matches everything comes last.
func (s *Server) handler() fasthttp.RequestHandler {
	if s.otherwise != nil {
		s.app.Add(http.MethodGet, "/*", s.otherwise)
		s.app.Add(http.MethodHead, "/*", s.otherwise)
	}
	return s.enter(s.app.Handler())
}
