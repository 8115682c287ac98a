// Package rpc lets one line declare both ends of a call between services, and
// its entry in the OpenAPI document.
//
// A contract lists its endpoints. Mount serves one from a Go method, Call
// reaches it from another process; both read the same line, so that a route, a
// method or a field cannot drift between them.
//
// An endpoint's input is a struct. A field tagged path, query or header travels
// there; every other field travels in a JSON body. The tags min, max and enum
// bound a field's length or value, and are checked before the method is called.
package rpc

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
)

// Access says who may call an endpoint, before any rule of its own.
type Access struct {
	Internal bool         // only other processes of the shop
	Roles    []actor.Role // anyone who holds one of these; none means everybody
}

var (
	Public   = Access{}
	SignedIn = Access{Roles: []actor.Role{actor.Viewer}}
	Internal = Access{Internal: true}
)

// Only is access for whoever holds one of roles.
func Only(roles ...actor.Role) Access { return Access{Roles: roles} }

// Endpoint declares one call. Path may hold parameters, as in "/orders/:id"; it
// is served under Prefix.
type Endpoint[In, Out any] struct {
	Name    string // operation id, unique: "placeOrder"
	Method  string // GET, POST, PUT, PATCH or DELETE
	Path    string
	Summary string
	Access  Access
	// Idempotent marks an endpoint that costs or grants something: a caller must
	// send an Idempotency-Key, and may send the same request again. In then has a
	// field tagged header:"Idempotency-Key".
	Idempotent bool
	// MaxBody is the most bytes a body may have; 64 KiB if it is 0.
	MaxBody int
	// Timeout ends the call; 10 s if it is 0.
	Timeout time.Duration
}

// Prefix is where every endpoint is served.
const Prefix = "/api/v1"

const (
	// IdempotencyHeader names a request, so that sending it twice does it once.
	IdempotencyHeader = "Idempotency-Key"
	// ActorHeader carries who is asking between processes, signed.
	ActorHeader = "X-Meadow-Actor"
	// RequestHeader carries the request's id.
	RequestHeader = "X-Request-Id"
	// DeadlineHeader carries how many milliseconds a caller will still wait.
	DeadlineHeader = "X-Meadow-Deadline"
)

// Route is an endpoint without its types, as a router and the OpenAPI document
// see it.
type Route struct {
	Name, Method, Path, Summary string
	Access                      Access
	Idempotent                  bool
	MaxBody                     int
	Timeout                     time.Duration
	In, Out                     reflect.Type
}

// Router is what a web server offers.
type Router interface {
	Handle(r Route, h func(Exchange) error)
}

// Exchange is one request being answered.
type Exchange interface {
	Context() context.Context
	Param(name string) string
	Query(name string) (string, bool)
	Header(name string) string
	// Body returns the request's body, or an error that names the limit it broke.
	Body() ([]byte, error)
	SetHeader(name, value string)
	Reply(status int, body any) error
}

// Empty is the output of an endpoint that has nothing to say, and the input of
// one that needs nothing.
type Empty struct{}

// Route returns e without its types.
func (e Endpoint[In, Out]) Route() Route {
	r := Route{
		Name: e.Name, Method: e.Method, Path: Prefix + e.Path, Summary: e.Summary,
		Access: e.Access, Idempotent: e.Idempotent, MaxBody: e.MaxBody, Timeout: e.Timeout,
		In: reflect.TypeFor[In](), Out: reflect.TypeFor[Out](),
	}
	if r.MaxBody == 0 {
		r.MaxBody = 64 << 10
	}
	if r.Timeout == 0 {
		r.Timeout = 10 * time.Second
	}
	return r
}

// Mount answers e with f.
func Mount[In, Out any](r Router, e Endpoint[In, Out], f func(context.Context, In) (Out, error)) {
	MountThen(r, e, f, nil)
}

// MountThen answers e with f, and lets then see a successful answer before it
// is sent: to set a cookie, or to take a secret out.
func MountThen[In, Out any](r Router, e Endpoint[In, Out], f func(context.Context, In) (Out, error), then func(Exchange, *Out)) {
	route := e.Route()
	fields := fieldsOf(route.In)
	r.Handle(route, func(x Exchange) error {
		ctx, cancel := context.WithTimeout(x.Context(), route.Timeout)
		defer cancel()
		if err := route.Access.admit(actor.From(ctx)); err != nil {
			return err
		}
		var in In
		if err := fields.decode(x, route, reflect.ValueOf(&in).Elem()); err != nil {
			return err
		}
		out, err := f(ctx, in)
		if err != nil {
			return err
		}
		if then != nil {
			then(x, &out)
		}
		return x.Reply(http.StatusOK, out)
	})
}

// admit returns nil if a may call.
func (c Access) admit(a actor.Actor) error {
	if a.System != "" {
		return nil
	}
	if c.Internal {
		return ErrNoRoute
	}
	for _, r := range c.Roles {
		if a.Is(r) {
			return nil
		}
	}
	switch {
	case len(c.Roles) == 0:
		return nil
	case a.User == "":
		return actor.ErrNobody
	}
	return actor.ErrForbidden
}

var (
	// ErrNoRoute answers a path that nothing is served at.
	ErrNoRoute = errs.New(errs.NotFound, "no_such_route", "There is nothing here.")
	// ErrUnreachable means that the process which serves an endpoint does not
	// answer, or not in our words. The call may have happened.
	ErrUnreachable = errs.New(errs.Unavailable, "peer_unreachable", "A part of the shop is not answering. Please try again.")
	// ErrNoKey answers a call that needs an Idempotency-Key and has none.
	ErrNoKey = errs.New(errs.Invalid, "idempotency_key_required", "This request needs an Idempotency-Key of 8 to 128 printable characters.")
	// ErrReused answers an Idempotency-Key that named a different request before.
	ErrReused = errs.New(errs.Precondition, "idempotency_key_reused", "This was already asked for differently. Please start over.")
)

var statuses = map[errs.Code]int{
	errs.Invalid:         http.StatusBadRequest,
	errs.Unauthenticated: http.StatusUnauthorized,
	errs.Forbidden:       http.StatusForbidden,
	errs.NotFound:        http.StatusNotFound,
	errs.Conflict:        http.StatusConflict,
	errs.Precondition:    http.StatusUnprocessableEntity,
	errs.Exhausted:       http.StatusConflict,
	errs.Throttled:       http.StatusTooManyRequests,
	errs.TooLarge:        http.StatusRequestEntityTooLarge,
	errs.Unsupported:     http.StatusUnsupportedMediaType,
	errs.Unavailable:     http.StatusServiceUnavailable,
	errs.Internal:        http.StatusInternalServerError,
}

// Status is the HTTP status that a code travels under. There is no other table.
func Status(c errs.Code) int {
	if s, ok := statuses[c]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// ErrorBody is an error on the wire.
type ErrorBody struct {
	Error *errs.Error `json:"error"`
}

// Params returns the names of a path's parameters, in order.
func Params(path string) []string {
	var names []string
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			names = append(names, name)
		}
	}
	return names
}
