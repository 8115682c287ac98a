package pebbledoc

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/platform/docdb"
)

// holds reports whether every condition holds of doc.
func holds(doc []byte, conds []docdb.Cond) (bool, error) {
	for _, c := range conds {
		ok, err := holdsOne(doc, c)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func holdsOne(doc []byte, c docdb.Cond) (bool, error) {
	f, found := find(doc, c.Field)
	switch c.Op {
	case docdb.Present:
		return found, nil
	case docdb.Absent:
		return !found, nil
	}
	var space [2][48]byte
	want, err := docdb.AppendKey(space[0][:0], c.Value)
	if err != nil {
		return false, err
	}
	var have []byte
	if found {
		have, found = docdb.AppendValueKey(space[1][:0], f.kind, doc[f.value:f.end])
	}
	if !found || have[0] != want[0] { // the first byte is the kind
		return c.Op == docdb.Ne, nil
	}
	switch order := bytes.Compare(have, want); c.Op {
	case docdb.Eq:
		return order == 0, nil
	case docdb.Ne:
		return order != 0, nil
	case docdb.Gte:
		return order >= 0, nil
	case docdb.Lte:
		return order <= 0, nil
	}
	return false, fmt.Errorf("pebbledoc: unknown condition %q", c.Op)
}

// apply returns doc with the changes made. It writes into doc's bytes.
func apply(doc []byte, changes []docdb.Change) ([]byte, error) {
	for _, c := range changes {
		var err error
		switch c.Verb {
		case docdb.Set:
			var kind bson.Type
			var v []byte
			if kind, v, err = bson.MarshalValue(c.Value); err == nil {
				doc, err = set(doc, c.Field, kind, v)
			}
		case docdb.Add:
			doc, err = add(doc, c.Field, c.Value)
		case docdb.Remove:
			if f, ok := find(doc, c.Field); ok {
				doc = splice(doc, c.Field, f.start, f.end, nil)
			}
		default:
			err = fmt.Errorf("pebbledoc: unknown change %q", c.Verb)
		}
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", c.Verb, c.Field, err)
		}
	}
	return doc, nil
}

func add(doc []byte, path string, delta any) ([]byte, error) {
	d, err := docdb.Scalar(delta)
	if err != nil {
		return nil, err
	}
	n := d.(int64) // CheckUpdate has seen it
	if f, ok := find(doc, path); ok {
		have, ok := integer(f.kind, doc[f.value:f.end])
		if !ok {
			return nil, fmt.Errorf("pebbledoc: the field is not an integer but %s", f.kind)
		}
		if (n > 0 && have > math.MaxInt64-n) || (n < 0 && have < math.MinInt64-n) {
			return nil, fmt.Errorf("pebbledoc: %d and %d overflow", have, n)
		}
		n += have
	}
	var v [8]byte
	putInteger(v[:], n)
	return set(doc, path, bson.TypeInt64, v[:])
}

// set stores a value at path, making the embedded documents on the way.
func set(doc []byte, path string, kind bson.Type, v []byte) ([]byte, error) {
	if f, ok := find(doc, path); ok {
		doc[f.start] = byte(kind)
		return splice(doc, path, f.value, f.end, v), nil
	}
	// Find the deepest document that exists, and append to it.
	at, rest := 0, path
	for {
		part, after, more := strings.Cut(rest, ".")
		f, ok := element(doc, at, part)
		if !ok || !more {
			break
		}
		if f.kind != bson.TypeEmbeddedDocument {
			return nil, fmt.Errorf("pebbledoc: %s is not a document but %s", part, f.kind)
		}
		at, rest = f.value, after
	}
	end, ok := documentEnd(doc, at)
	if !ok {
		return nil, errMalformed
	}
	return splice(doc, path, end, end, nest(rest, kind, v)), nil
}

// nest returns the element that holds v at path within a document.
func nest(path string, kind bson.Type, v []byte) []byte {
	name, rest, more := strings.Cut(path, ".")
	if !more {
		out := make([]byte, 0, len(name)+2+len(v))
		out = append(append(append(out, byte(kind)), name...), 0)
		return append(out, v...)
	}
	inner := nest(rest, kind, v)
	out := make([]byte, 0, len(name)+7+len(inner))
	out = append(append(append(out, byte(bson.TypeEmbeddedDocument)), name...), 0)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(inner)+5))
	return append(append(out, inner...), 0)
}

// splice puts with in the place of doc[start:end], which lies within the
// documents that path leads through, and corrects their lengths.
func splice(doc []byte, path string, start, end int, with []byte) []byte {
	delta := len(with) - (end - start)
	if delta == 0 {
		copy(doc[start:], with)
		return doc
	}
	var space [8]int
	parents := append(space[:0], 0)
	for at, on := 0, true; on; {
		var part string
		part, path, on = strings.Cut(path, ".")
		f, ok := element(doc, at, part)
		if !on || !ok || f.kind != bson.TypeEmbeddedDocument || start < f.value || end > f.end {
			break
		}
		at = f.value
		parents = append(parents, at)
	}
	for _, at := range parents {
		n := int(binary.LittleEndian.Uint32(doc[at:]))
		binary.LittleEndian.PutUint32(doc[at:], uint32(n+delta))
	}
	tail := len(doc) - end
	if delta > 0 {
		doc = append(doc, with[:delta]...) // room only; overwritten below
	}
	copy(doc[start+len(with):], doc[end:end+tail])
	copy(doc[start:], with)
	return doc[:start+len(with)+tail]
}
