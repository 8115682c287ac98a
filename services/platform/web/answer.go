package web

import (
	"context"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/rpc"
)

// ErrEncoded answers a compressed body: unpacking one is how a megabyte
// becomes a gigabyte.
var ErrEncoded = errs.New(errs.Unsupported, "content_encoding", "Please send this without compression.")

// errPath answers a path that no link of ours has.
var errPath = errs.New(errs.Invalid, "bad_path", "This address is not valid.")

// enter wraps Fiber: it sees every request that the guard let through.
func (s *Server) enter(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		if c, ok := ctx.Conn().(*guarded); ok && c.poisoned.Load() {
			ctx.SetConnectionClose() // what follows was never a request
			return
		}
		s.setHeaders(ctx)
		if method := string(ctx.Method()); !slices.Contains(fiber.DefaultMethods, method) {
			s.refuse(ctx, rpc.ErrNoRoute) // Fiber would answer in words of its own
			return
		}
		next(ctx)
		s.compress(ctx)
		if !ctx.Response.IsBodyStream() && !drained(ctx) {
			ctx.SetConnectionClose()
		}
	}
}

// readAhead is how much of a body of known length fasthttp reads by itself.
const readAhead = 8 << 10

// endedKey marks a request whose body a handler has read to its end.
type endedKey struct{}

// drained reports whether the next request begins where the connection stands.
// After a handler that left a body unread it does not.
func drained(ctx *fasthttp.RequestCtx) bool {
	n := ctx.Request.Header.ContentLength()
	return ctx.RequestBodyStream() == nil || n >= 0 && n <= readAhead || ctx.UserValue(endedKey{}) != nil
}

// answer runs a route's handler with everything around it.
func (s *Server) answer(t target, h func(*Exchange) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		began := time.Now()
		x := s.exchange(c, t)
		defer x.cancel()
		ended := s.metrics.began()
		end := s.trace(x)
		err := s.run(x, h)
		if err != nil {
			s.fail(x, err)
		}
		status := c.Response().StatusCode()
		end(status)
		ended(t.name, status, time.Since(began))
		return nil
	}
}

// run calls the hooks and then h. A panic is an error like any other.
func (s *Server) run(x *Exchange, h func(*Exchange) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{value: p, stack: debug.Stack()}
		}
	}()
	if x.refused != nil {
		return x.refused
	}
	for _, hook := range s.hooks {
		if err := hook(x); err != nil {
			return err
		}
	}
	return h(x)
}

// panicked is a bug that was caught.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

func (s *Server) trace(x *Exchange) func(int) {
	if s.deps.Trace == nil {
		return func(int) {}
	}
	header := func(name string) string {
		if !x.signed {
			return ""
		}
		return x.Header(name)
	}
	ctx, end := s.deps.Trace(x.ctx, x.target.name, header)
	x.ctx = ctx
	return end
}

// exchange reads from a request who is asking, as which request, and until
// when. What is wrong with it is found in refused, so that the answer passes
// through the one place where errors do.
func (s *Server) exchange(c *fiber.Ctx, t target) *Exchange {
	x := &Exchange{c: c, s: s, target: t, ctx: s.base, cancel: func() {}, client: s.clientOf(c.Context())}
	h := &c.Request().Header
	if s.deps.Signer == nil {
		for _, name := range []string{rpc.ActorHeader, rpc.RequestHeader, rpc.DeadlineHeader} {
			h.Del(name)
		}
	} else if err := s.verify(x); err != nil {
		x.refused = err
	}
	request := x.Header(rpc.RequestHeader)
	if !x.signed || !wellFormed(request) {
		request = id.New("req", s.deps.Now())
	}
	x.request = request
	x.ctx = actor.WithRequest(x.ctx, request)
	x.SetHeader(rpc.RequestHeader, request)
	if x.refused == nil {
		x.refused = refuse(x)
	}
	return x
}

// verify takes over what a peer says, if it signed.
func (s *Server) verify(x *Exchange) error {
	claim := x.Header(rpc.ActorHeader)
	if claim == "" {
		return nil
	}
	who, err := s.deps.Signer.Verify(claim, x.Method(), x.Path())
	if err != nil {
		return err
	}
	x.signed = true
	x.ctx = actor.With(x.ctx, who)
	if ms, err := strconv.ParseInt(x.Header(rpc.DeadlineHeader), 10, 64); err == nil {
		// 0 and less mean that nobody waits any more.
		x.ctx, x.cancel = context.WithTimeout(x.ctx, time.Duration(min(ms, int64(time.Hour/time.Millisecond)))*time.Millisecond)
	}
	return nil
}

// refuse returns what no route takes.
func refuse(x *Exchange) error {
	if e := x.Header("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return ErrEncoded
	}
	path, err := url.PathUnescape(x.Path())
	if err != nil || !safePath(path) {
		return errPath
	}
	return nil
}

// safePath reports whether a decoded path means one place: it has no dot
// segments, no backslashes and no control characters.
func safePath(path string) bool {
	for i := range len(path) {
		if b := path[i]; b < ' ' || b == 0x7f || b == '\\' {
			return false
		}
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "." || part == ".." {
			return false
		}
	}
	return true
}

func wellFormed(request string) bool {
	if len(request) < 8 || len(request) > 64 {
		return false
	}
	for _, c := range []byte(request) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
