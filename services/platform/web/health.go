package web

import (
	"cmp"
	"context"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// health is what readiness asks.
type health struct {
	mu     sync.Mutex // guards checks
	checks []check
}

type check struct {
	name    string
	timeout time.Duration
	ok      func(context.Context) error
}

// try runs a check. A panic in a goroutine of its own would end the process.
func (k check) try(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{value: p, stack: debug.Stack()}
		}
	}()
	return k.ok(ctx)
}

// Check adds something that must work for this process to be ready: ok returns
// nil within timeout.
func (s *Server) Check(name string, timeout time.Duration, ok func(context.Context) error) {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	s.health.checks = append(s.health.checks, check{name, timeout, ok})
}

// healthz says that the process is alive.
func (s *Server) healthz(c *fiber.Ctx) error { return c.SendString("ok\n") }

// readiness is the answer of /readyz. It says which check fails, and not why:
// that is in the log.
type readiness struct {
	Ready  bool            `json:"ready"`
	Checks map[string]bool `json:"checks"`
}

// readyz says whether requests should be sent here.
func (s *Server) readyz(c *fiber.Ctx) error {
	r := s.ready(s.base)
	status := http.StatusOK
	if !r.Ready {
		status = http.StatusServiceUnavailable
	}
	return c.Status(status).JSON(r)
}

// ready runs all checks at once.
func (s *Server) ready(ctx context.Context) readiness {
	s.health.mu.Lock()
	checks := slices.Clone(s.health.checks)
	s.health.mu.Unlock()

	failures := make([]error, len(checks))
	var wg sync.WaitGroup
	for i, k := range checks {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, k.timeout)
			defer cancel()
			failures[i] = cmp.Or(k.try(ctx), ctx.Err())
		})
	}
	wg.Wait()

	r := readiness{Ready: !s.draining.Load(), Checks: map[string]bool{}}
	for i, k := range checks {
		r.Checks[k.name] = failures[i] == nil
		if failures[i] != nil {
			r.Ready = false
			s.deps.Log.Warn("not ready", "check", k.name, "err", failures[i])
		}
	}
	return r
}
