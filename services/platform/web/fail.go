package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"meadow/services/kernel/errs"
	"meadow/services/platform/rpc"
)

// errLate answers a request whose deadline passed.
var errLate = errs.New(errs.Unavailable, "deadline", "This took too long. Please try again.")

// errHeader answers a head that is too long.
var errHeader = errs.New(errs.TooLarge, "header_too_large", "The head of this request is too large.")

// fail answers x with err. It is the only place where an error becomes a
// status, and where the error of a request is logged.
func (s *Server) fail(x *Exchange, err error) {
	if _, known := errors.AsType[*errs.Error](err); !known &&
		(errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		err = errLate.Because(err)
	}
	public := errs.Public(err)
	s.log(x, public, err)
	status := statusOf(public)
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		if len(x.c.Response().Header.Peek("Retry-After")) == 0 {
			x.SetHeader("Retry-After", "1")
		}
	}
	x.SetHeader("Cache-Control", "no-store")
	_ = x.Send(status, "application/json", encode(public)) // Send cannot fail
}

// statusOf is rpc.Status, but for what HTTP has a closer word for and no
// contract can say.
func statusOf(e *errs.Error) int {
	switch {
	case errors.Is(e, ErrSlow):
		return http.StatusRequestTimeout
	case errors.Is(e, errHeader):
		return http.StatusRequestHeaderFieldsTooLarge
	}
	return rpc.Status(e.Code)
}

func encode(e *errs.Error) []byte {
	b, err := json.Marshal(rpc.ErrorBody{Error: e})
	if err != nil {
		panic(err) // an errs.Error is strings
	}
	return b
}

// log writes down what somebody must know: all of a fault of ours, a word
// about what is down, and the rest only where debugging asks for it.
func (s *Server) log(x *Exchange, public *errs.Error, err error) {
	attrs := []any{"request", x.request, "route", x.target.name, "reason", public.Reason, "err", err}
	level, message := slog.LevelDebug, "request refused"
	switch public.Code {
	case errs.Internal:
		level, message = slog.LevelError, "request failed"
		if p, ok := errors.AsType[*panicked](err); ok {
			attrs = append(attrs, "stack", string(p.stack))
		}
	case errs.Unavailable:
		level, message = slog.LevelWarn, "request could not be served"
	}
	s.deps.Log.Log(x.ctx, level, message, attrs...)
}

// unmatched is Fiber's error handler. Our handlers return no errors to Fiber,
// so that what arrives here is a path or a method which nothing serves.
func (s *Server) unmatched(c *fiber.Ctx, _ error) error {
	return s.answer(target{name: "unmatched"}, func(*Exchange) error { return rpc.ErrNoRoute })(c)
}

// unread answers a request that could not even be read to the end of its head
// or of what is read ahead of its body.
func (s *Server) unread(ctx *fasthttp.RequestCtx, err error) {
	s.setHeaders(ctx)
	public := ErrFraming
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		public = ErrSlow
	} else if _, ok := errors.AsType[*fasthttp.ErrSmallBuffer](err); ok {
		public = errHeader
	}
	s.deps.Log.Debug("request unreadable", "err", err)
	s.refuse(ctx, public)
}

// refuse answers what has no exchange, and closes the connection.
func (s *Server) refuse(ctx *fasthttp.RequestCtx, public *errs.Error) {
	ctx.Response.SetStatusCode(statusOf(public))
	ctx.Response.Header.SetContentType("application/json")
	ctx.Response.SetBody(encode(public))
	ctx.SetConnectionClose()
}
