package pebbledoc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

var errMalformed = errors.New("pebbledoc: malformed document")

// field is where one field stands in a document's bytes.
type field struct {
	kind       bson.Type
	start, end int // the whole element: type, name, value
	value      int // where the value begins
}

// find returns the field of the document b at a dotted path that leads
// through embedded documents only. Arrays are values to it, not places.
func find(b []byte, path string) (field, bool) {
	at := 0
	for {
		part, rest, more := strings.Cut(path, ".")
		f, ok := element(b, at, part)
		if !ok {
			return field{}, false
		}
		if !more {
			return f, true
		}
		if f.kind != bson.TypeEmbeddedDocument {
			return field{}, false
		}
		at, path = f.value, rest
	}
}

// element returns the element called name of the document that begins at b[at].
func element(b []byte, at int, name string) (field, bool) {
	end, ok := documentEnd(b, at)
	if !ok {
		return field{}, false
	}
	for i := at + 4; i < end; {
		n := bytes.IndexByte(b[i+1:end], 0)
		if n < 0 {
			return field{}, false
		}
		f := field{kind: bson.Type(b[i]), start: i, value: i + n + 2}
		size, ok := valueSize(f.kind, b[f.value:end])
		if !ok {
			return field{}, false
		}
		f.end = f.value + size
		if string(b[i+1:i+1+n]) == name {
			return f, true
		}
		i = f.end
	}
	return field{}, false
}

// documentEnd returns where the closing zero of the document at b[at] stands.
func documentEnd(b []byte, at int) (int, bool) {
	if at+5 > len(b) {
		return 0, false
	}
	n := int(int32(binary.LittleEndian.Uint32(b[at:])))
	if n < 5 || at+n > len(b) || b[at+n-1] != 0 {
		return 0, false
	}
	return at + n - 1, true
}

// valueSize returns how many bytes of b the value at its beginning takes.
func valueSize(kind bson.Type, b []byte) (int, bool) {
	n := 0
	switch kind {
	case bson.TypeDouble, bson.TypeDateTime, bson.TypeInt64, bson.TypeTimestamp:
		n = 8
	case bson.TypeInt32:
		n = 4
	case bson.TypeBoolean:
		n = 1
	case bson.TypeObjectID:
		n = 12
	case bson.TypeDecimal128:
		n = 16
	case bson.TypeNull, bson.TypeUndefined, bson.TypeMinKey, bson.TypeMaxKey:
	case bson.TypeRegex:
		for range 2 {
			i := bytes.IndexByte(b[n:], 0)
			if i < 0 {
				return 0, false
			}
			n += i + 1
		}
	default:
		if len(b) < 4 {
			return 0, false
		}
		n = int(int32(binary.LittleEndian.Uint32(b)))
		if n < 0 {
			return 0, false
		}
		switch kind {
		case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol:
			n += 4
		case bson.TypeBinary:
			n += 5
		case bson.TypeDBPointer:
			n += 16
		case bson.TypeEmbeddedDocument, bson.TypeArray, bson.TypeCodeWithScope:
		default:
			return 0, false
		}
	}
	return n, n <= len(b)
}

// integer reads an integer value of either width.
func integer(kind bson.Type, v []byte) (int64, bool) {
	switch kind {
	case bson.TypeInt64:
		return int64(binary.LittleEndian.Uint64(v)), true
	case bson.TypeInt32:
		return int64(int32(binary.LittleEndian.Uint32(v))), true
	}
	return 0, false
}

func putInteger(v []byte, n int64) { binary.LittleEndian.PutUint64(v, uint64(n)) }
