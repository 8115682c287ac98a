package docdb

import (
	"encoding/base64"
	"errors"
	"fmt"
	"hash/fnv"

	"meadow/services/kernel/page"
)

// A cursor is base64url of a checksum and a place. The place is the keys that
// Equal does not fix, then the id, of the last document given. The checksum
// ties it to its walk, so that a cursor of another list is refused instead of
// answered with nonsense. From and Before are not part of it: a walk may be
// bounded by the present instant, which moves.

const cursorSum = 6

// CursorAt returns the cursor that goes on after place.
func CursorAt(coll string, q Query, place []byte) (page.Cursor, error) {
	b, err := checksum(coll, q, place)
	if err != nil {
		return "", err
	}
	return page.Cursor(base64.RawURLEncoding.EncodeToString(append(b, place...))), nil
}

// Place returns the place that q.After names, nil for "", or page.ErrCursor.
func Place(coll string, ix Index, q Query) ([]byte, error) {
	if q.After == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(string(q.After))
	if err != nil || len(b) <= cursorSum {
		return nil, page.ErrCursor.Because(errors.New("docdb: not a cursor"))
	}
	place := b[cursorSum:]
	sum, err := checksum(coll, q, place)
	if err != nil {
		return nil, err
	}
	if string(sum) != string(b[:cursorSum]) {
		return nil, page.ErrCursor.Because(errors.New("docdb: cursor of another walk"))
	}
	if _, _, err := ReadPlace(ix, q, place); err != nil {
		return nil, page.ErrCursor.Because(err)
	}
	return place, nil
}

// ReadPlace takes a place apart.
func ReadPlace(ix Index, q Query, place []byte) (keys []any, id string, err error) {
	for range len(ix.Keys) - len(q.Equal) {
		var v any
		if v, place, err = ReadKey(place); err != nil {
			return nil, "", err
		}
		keys = append(keys, v)
	}
	if len(place) == 0 {
		return nil, "", errKey
	}
	return keys, string(place), nil
}

// CheckQuery reports a query that ix cannot answer.
func CheckQuery(ix Index, q Query) error {
	switch {
	case q.Limit <= 0:
		return errors.New("docdb: a query has a limit")
	case len(q.Equal) > len(ix.Keys):
		return fmt.Errorf("docdb: %d values for the %d keys of index %s", len(q.Equal), len(ix.Keys), ix.Name)
	case len(q.Equal) == len(ix.Keys) && (q.From != nil || q.Before != nil):
		return fmt.Errorf("docdb: no key of index %s is left for a range", ix.Name)
	}
	return nil
}

func checksum(coll string, q Query, place []byte) ([]byte, error) {
	h := fnv.New64a()
	b := make([]byte, 0, 64)
	b = append(append(append(append(b, coll...), 0), q.Index...), 0)
	if q.Descending {
		b = append(b, 1)
	}
	for _, v := range q.Equal {
		var err error
		if b, err = AppendKey(b, v); err != nil {
			return nil, err
		}
	}
	_, _ = h.Write(b)
	_, _ = h.Write(place)
	return h.Sum(nil)[:cursorSum], nil
}
