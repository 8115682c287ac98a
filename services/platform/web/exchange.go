package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
)

var (
	// ErrTooLarge answers a body of more bytes than its route takes.
	ErrTooLarge = errs.New(errs.TooLarge, "body_too_large", "This is too large to send.")
	// ErrNotJSON answers a body that does not say it is JSON, where it must be.
	ErrNotJSON = errs.New(errs.Unsupported, "json_required", "Please send application/json.")
	// ErrSlow answers a body that did not arrive in time.
	ErrSlow = errs.New(errs.Invalid, "request_timeout", "Your request did not arrive in time. Please try again.")
	// ErrFraming answers a message that could be read in two ways.
	ErrFraming = errs.New(errs.Invalid, "bad_message", "This is not a well-formed HTTP request.")
)

// Exchange is one request being answered. It ends when its handler returns.
type Exchange struct {
	c       *fiber.Ctx
	s       *Server
	target  target
	ctx     context.Context
	cancel  context.CancelFunc
	client  netip.Addr
	request string
	signed  bool  // a peer of the shop sent this
	refused error // what was wrong before any handler
}

// Context carries the actor, the request's id and its deadline.
func (x *Exchange) Context() context.Context { return x.ctx }

// SetContext replaces the context that later hooks and the handler see.
func (x *Exchange) SetContext(ctx context.Context) { x.ctx = ctx }

// SetActor says who is asking.
func (x *Exchange) SetActor(a actor.Actor) { x.ctx = actor.With(x.ctx, a) }

// Route names the route that matched: an endpoint's name, a method and path,
// a mounted prefix, or "otherwise".
func (x *Exchange) Route() string { return x.target.name }

// Method returns the request's method.
func (x *Exchange) Method() string { return string(x.c.Request().Header.Method()) }

// Path returns the request's path as it was sent, without its query.
func (x *Exchange) Path() string { return string(x.c.Context().URI().PathOriginal()) }

// RawQuery returns what follows the path's question mark.
func (x *Exchange) RawQuery() string { return string(x.c.Context().URI().QueryString()) }

// Client is who sent this: the peer of the connection, or whoever a trusted
// proxy says it speaks for.
func (x *Exchange) Client() netip.Addr { return x.client }

// Param returns a parameter of the route's path, decoded.
func (x *Exchange) Param(name string) string {
	text, err := url.PathUnescape(x.c.Params(name))
	if err != nil {
		return "" // refused before any handler
	}
	return text
}

// Query returns the first value of a query parameter.
func (x *Exchange) Query(name string) (string, bool) {
	args := x.c.Context().QueryArgs()
	return string(args.Peek(name)), args.Has(name)
}

// Header returns a header of the request.
func (x *Exchange) Header(name string) string { return string(x.c.Request().Header.Peek(name)) }

// Cookie returns a cookie's value, or "".
func (x *Exchange) Cookie(name string) string { return string(x.c.Request().Header.Cookie(name)) }

// SetHeader sets a header of the answer. Set-Cookie may be set once for each
// cookie; setting one again replaces it.
func (x *Exchange) SetHeader(name, value string) {
	h := &x.c.Response().Header
	if strings.EqualFold(name, "Set-Cookie") {
		cookie, _, _ := strings.Cut(value, "=")
		h.DelCookie(cookie)
	}
	h.Set(name, value)
}

// AddHeader adds another value of a header of the answer.
func (x *Exchange) AddHeader(name, value string) { x.c.Response().Header.Add(name, value) }

// Body returns the request's body, or an error that names the limit it broke.
func (x *Exchange) Body() ([]byte, error) {
	h := &x.c.Request().Header
	stream := x.c.Context().RequestBodyStream()
	if stream == nil || h.ContentLength() == 0 {
		return nil, nil
	}
	if h.ContentLength() > x.target.maxBody {
		return nil, ErrTooLarge
	}
	if x.target.json && !isJSON(string(h.ContentType())) {
		return nil, ErrNotJSON
	}
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(stream, int64(x.target.maxBody)+1))
	switch {
	case n > int64(x.target.maxBody):
		return nil, ErrTooLarge
	case err != nil:
		return nil, bodyError(err)
	}
	x.c.Context().SetUserValue(endedKey{}, true)
	return b.Bytes(), nil
}

// bodyError says why a body could not be read.
func bodyError(err error) error {
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return ErrSlow.Because(err)
	}
	return ErrFraming.Because(err)
}

func isJSON(contentType string) bool {
	kind, params, err := mime.ParseMediaType(contentType)
	charset := params["charset"]
	return err == nil && kind == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// Reply answers with JSON.
func (x *Exchange) Reply(status int, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("web: encode %T: %w", body, err)
	}
	return x.Send(status, "application/json", b)
}

// Send answers with bytes, which the caller must not change afterwards.
func (x *Exchange) Send(status int, contentType string, body []byte) error {
	res := x.c.Response()
	res.SetStatusCode(status)
	res.Header.SetContentType(contentType)
	if len(body) == 0 && (status == http.StatusNoContent || status == http.StatusNotModified) {
		res.Header.Del("Content-Type")
	}
	res.SetBodyRaw(body)
	return nil
}

// Redirect answers that what was asked for is at location.
func (x *Exchange) Redirect(status int, location string) error {
	x.SetHeader("Location", location)
	return x.Send(status, "text/plain; charset=utf-8", nil)
}

// clientOf returns who is behind a connection. X-Forwarded-For is read from
// its end, and only as far as trusted proxies wrote it.
func (s *Server) clientOf(ctx *fasthttp.RequestCtx) netip.Addr {
	client := addrOf(ctx.RemoteAddr())
	if !s.guard.trusts(client) {
		return client
	}
	var hops []string
	for _, line := range ctx.Request.Header.PeekAll("X-Forwarded-For") {
		hops = append(hops, strings.Split(string(line), ",")...)
	}
	for i := len(hops) - 1; i >= 0 && s.guard.trusts(client); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = hop.Unmap().WithZone("")
	}
	return client
}

func addrOf(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}
