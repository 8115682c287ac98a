// Package page is how every list travels: some items, and where to go on.
package page

import "meadow/services/kernel/errs"

// Cursor is an opaque place in a list; "" is its beginning.
type Cursor string

// Page is a part of a list. Next is "" on the last page.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  Cursor `json:"next,omitempty"`
}

// Ask is the part of a list a caller wants. Embed it in an endpoint's input.
type Ask struct {
	After Cursor `query:"after" json:"-"`
	Limit int    `query:"limit" json:"-"`
}

// ErrCursor answers a cursor that this list never gave.
var ErrCursor = errs.New(errs.Invalid, "bad_cursor", "This list has changed. Please reload it.")

// Size returns how many items to answer with: Limit, or usual if it is not
// set, and never more than most.
func (a Ask) Size(usual, most int) int {
	switch {
	case a.Limit <= 0:
		return usual
	case a.Limit > most:
		return most
	}
	return a.Limit
}

// Map returns p with f applied to each item. Items is never nil, so that an
// empty page travels as [].
func Map[T, U any](p Page[T], f func(T) U) Page[U] {
	out := Page[U]{Items: make([]U, 0, len(p.Items)), Next: p.Next}
	for _, v := range p.Items {
		out.Items = append(out.Items, f(v))
	}
	return out
}
