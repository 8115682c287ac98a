package search

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a query.
const (
	MaxText   = 200 // characters
	MaxFacets = 32
	MaxLimit  = 100
	limit     = 20 // when none is said
)

// Check returns q as a driver should ask it, or ErrQuery if it cannot be
// asked. Drivers call it first, so that all refuse the same queries.
func (q Query) Check() (Query, error) {
	q.Text = strings.TrimSpace(q.Text)
	switch {
	case !utf8.ValidString(q.Text):
		return q, ErrQuery.With("text", "is not UTF-8")
	case utf8.RuneCountInString(q.Text) > MaxText:
		return q, ErrQuery.With("text", "is too long")
	case len(q.Facets) > MaxFacets:
		return q, ErrQuery.With("facets", "are too many")
	case len(q.Count) > MaxFacets:
		return q, ErrQuery.With("count", "has too many names")
	case len(q.Ranges) > MaxFacets:
		return q, ErrQuery.With("ranges", "are too many")
	}
	if name, _ := q.Order(); q.Sort != "" && !IsNum(name) {
		return q, ErrQuery.With("sort", "is not by a number")
	}
	q.Ranges = slices.Clone(q.Ranges)
	for i, r := range q.Ranges {
		if !IsNum(r.Num) {
			return q, ErrQuery.With("ranges", "are not of a number")
		}
		q.Ranges[i].Min, q.Ranges[i].Max = bound(r.Min), bound(r.Max)
	}
	q.Kind = clean(q.Kind)
	q.Facets = slices.Clone(q.Facets)
	for i, f := range q.Facets {
		q.Facets[i] = clean(f)
	}
	for _, name := range q.Count {
		if name == "" || !utf8.ValidString(name) || strings.Contains(name, ":") {
			return q, ErrQuery.With("count", "is not the name of a facet")
		}
	}
	if q.Limit <= 0 {
		q.Limit = limit
	}
	q.Limit = min(q.Limit, MaxLimit)
	return q, nil
}

// Order takes Sort apart: by which number, and whether the greatest is first.
func (q Query) Order() (num string, greatest bool) {
	num, greatest = strings.CutPrefix(q.Sort, "-")
	return num, greatest
}

// cursor is what Next holds: which question it continues, and where.
type cursor struct {
	Query []byte          `json:"q"`
	At    json.RawMessage `json:"at"`
}

// Cursor returns the Next that leads q on from at, a driver's position.
func (q Query) Cursor(at any) (string, error) {
	where, err := json.Marshal(at)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(cursor{Query: q.question(), At: where})
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// Resume reads q.After into at. It answers ErrQuery if After is no cursor, or
// is one of another question.
func (q Query) Resume(at any) error {
	b, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil {
		return ErrQuery.With("after", "is not a cursor").Because(err)
	}
	var c cursor
	if err := json.Unmarshal(b, &c); err != nil {
		return ErrQuery.With("after", "is not a cursor").Because(err)
	}
	if string(c.Query) != string(q.question()) {
		return ErrQuery.With("after", "belongs to another search")
	}
	if err := json.Unmarshal(c.At, at); err != nil {
		return ErrQuery.With("after", "is not a cursor").Because(err)
	}
	return nil
}

// question tells questions apart, whatever page of them is asked.
func (q Query) question() []byte {
	q.After, q.Limit, q.Count = "", 0, nil
	b, _ := json.Marshal(q) // strings and numbers always marshal
	sum := sha256.Sum256(b)
	return sum[:6]
}
