// Package errs is the one error type that crosses a service boundary.
//
// An Error has three readers. A program branches on Code and Reason; a shopper
// reads Message; whoever keeps the shop running reads the cause, which never
// leaves the process. Any other error is a fault of ours: it is logged in full
// and answered as Internal.
package errs

import "errors"

// Code is the closed set of ways to fail. Each has one HTTP status, listed in
// platform/rpc.
type Code string

const (
	Invalid         Code = "invalid"         // can never succeed as sent
	Unauthenticated Code = "unauthenticated" // nobody is signed in
	Forbidden       Code = "forbidden"       // somebody is, but may not
	NotFound        Code = "not_found"       // absent, or not for this caller to see
	Conflict        Code = "conflict"        // a concurrent change won; read again
	Precondition    Code = "precondition"    // wrong state or outside the window
	Exhausted       Code = "exhausted"       // sold out or quota spent
	Throttled       Code = "throttled"       // too many requests; wait and retry
	TooLarge        Code = "too_large"       // more bytes or items than allowed
	Unsupported     Code = "unsupported"     // a media type or encoding we do not take
	Unavailable     Code = "unavailable"     // something we need is down; retry
	Internal        Code = "internal"        // our bug or our disk
)

// Error is a failure that a caller can act on.
type Error struct {
	Code    Code              `json:"code"`
	Reason  string            `json:"reason"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitempty"`

	cause error
}

// New declares a sentinel. A contract calls it once for each rule that can say
// no; reasons are never renamed.
func New(code Code, reason, message string) *Error {
	return &Error{Code: code, Reason: reason, Message: message}
}

func (e *Error) Error() string {
	switch {
	case e.cause != nil:
		return e.Reason + ": " + e.cause.Error()
	case len(e.Fields) > 0:
		for name, why := range e.Fields {
			return e.Reason + ": " + name + ": " + why
		}
	}
	return e.Reason
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the same rule. Reasons are compared, so that a
// sentinel that came over the wire equals the one declared in Go.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason == e.Reason
}

// Because returns a copy of e with a cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// With returns a copy of e that says what is wrong with one field.
func (e *Error) With(field, why string) *Error {
	c := *e
	c.Fields = make(map[string]string, len(e.Fields)+1)
	for k, v := range e.Fields {
		c.Fields[k] = v
	}
	c.Fields[field] = why
	return &c
}

// ErrInvalid is what malformed input is answered with when no rule of a
// contract is more exact. Fields say what is wrong where.
var ErrInvalid = New(Invalid, "invalid_input", "Please check what you entered.")

var errInternal = New(Internal, "internal", "Something went wrong on our side. Please try again.")

// Public is what err looks like from outside. It is never nil.
func Public(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return errInternal
}

// CodeOf returns the code err travels under, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	return Public(err).Code
}
