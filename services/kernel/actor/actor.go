// Package actor carries who is asking, and as which request, in a context.
package actor

import (
	"context"
	"slices"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
)

// Role is something an account may do beyond shopping.
type Role string

const (
	Viewer    Role = "viewer"    // everybody who is signed in
	Creator   Role = "creator"   // may publish and earn
	Merchant  Role = "merchant"  // may sell; Actor.Merchant says for whom
	Brand     Role = "brand"     // may sponsor
	Moderator Role = "moderator" // may judge content
	Operator  Role = "operator"  // runs the platform
)

// Roles is every role, in rising order of what it touches.
var Roles = []Role{Viewer, Creator, Merchant, Brand, Moderator, Operator}

// Actor is who is asking. The zero Actor is an anonymous visitor.
type Actor struct {
	User     id.User     `json:"user,omitempty"`
	Session  id.Session  `json:"session,omitempty"`
	Roles    []Role      `json:"roles,omitempty"`
	Merchant id.Merchant `json:"merchant,omitempty"`
	// Suspended is that they may read, and change next to nothing: the gateway sees
	// to that.
	Suspended bool `json:"suspended,omitempty"`
	// System is a part of the shop acting for itself, such as a job or an
	// event's consumer. Only our own processes can claim it.
	System string `json:"system,omitempty"`
}

// Is reports whether a holds r. Everybody signed in is a viewer.
func (a Actor) Is(r Role) bool {
	return r == Viewer && a.User != "" || slices.Contains(a.Roles, r)
}

var (
	ErrNobody    = errs.New(errs.Unauthenticated, "sign_in_required", "Please sign in first.")
	ErrForbidden = errs.New(errs.Forbidden, "not_allowed", "Your account may not do this.")
)

type (
	actorKey   struct{}
	requestKey struct{}
)

// With returns a context in which a is asking.
func With(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// AsSystem returns a context in which the named part of the shop is asking.
func AsSystem(ctx context.Context, name string) context.Context {
	return With(ctx, Actor{System: name})
}

// From returns who is asking; a visitor is the zero Actor.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// Signed returns the user who is asking, or ErrNobody.
func Signed(ctx context.Context) (id.User, error) {
	if a := From(ctx); a.User != "" {
		return a.User, nil
	}
	return "", ErrNobody
}

// Require returns who is asking if they hold one of roles; otherwise
// ErrNobody or ErrForbidden. A system actor passes.
func Require(ctx context.Context, roles ...Role) (Actor, error) {
	a := From(ctx)
	if a.System != "" || slices.ContainsFunc(roles, a.Is) {
		return a, nil
	}
	if a.User == "" {
		return a, ErrNobody
	}
	return a, ErrForbidden
}

// WithRequest returns a context that belongs to the request with this id.
func WithRequest(ctx context.Context, request string) context.Context {
	return context.WithValue(ctx, requestKey{}, request)
}

// Request returns the id of the request that ctx belongs to, or "".
func Request(ctx context.Context) string {
	r, _ := ctx.Value(requestKey{}).(string)
	return r
}
