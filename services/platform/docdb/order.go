package docdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A key is the bytes of one index value. Keys sort as their values do, none is
// the beginning of another, and the kinds sort as BSON sorts them.
const (
	keyInt    = 0x10 // then 8 bytes, big endian, sign bit flipped
	keyString = 0x20 // then the bytes, 00 written as 00 FF, and 00 01 at the end
	keyBool   = 0x30 // then 00 or 01
	keyTime   = 0x40 // then milliseconds, as an integer
)

var errKey = errors.New("docdb: not a key")

// Scalar returns v as the one of string, int64, bool and bson.DateTime that an
// index can hold, or an error if it is none of them. Named types count as what
// they are made of.
func Scalar(v any) (any, error) {
	switch v := v.(type) {
	case string, int64, bool, bson.DateTime:
		return v, nil
	case int:
		return int64(v), nil
	case time.Time:
		return bson.DateTime(v.UnixMilli()), nil
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return r.String(), nil
	case reflect.Bool:
		return r.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return int64(r.Uint()), nil
	default:
		return nil, fmt.Errorf("docdb: a %T cannot be compared or indexed", v)
	}
}

// AppendKey appends the key of v, which Scalar must accept.
func AppendKey(dst []byte, v any) ([]byte, error) {
	s, err := Scalar(v)
	if err != nil {
		return dst, err
	}
	switch s := s.(type) {
	case string:
		return appendStringKey(dst, s), nil
	case int64:
		return appendIntKey(append(dst, keyInt), s), nil
	case bson.DateTime:
		return appendIntKey(append(dst, keyTime), int64(s)), nil
	case bool:
		return appendBoolKey(dst, s), nil
	}
	return dst, errKey
}

// AppendValueKey appends the key of a stored value. It reports false, having
// appended nothing, if the value is of a type that no index holds.
func AppendValueKey(dst []byte, t bson.Type, v []byte) ([]byte, bool) {
	switch {
	case t == bson.TypeString && len(v) >= 5:
		dst = append(dst, keyString)
		return endStringKey(dst, v[4:len(v)-1]), true
	case t == bson.TypeInt64 && len(v) == 8:
		return appendIntKey(append(dst, keyInt), int64(binary.LittleEndian.Uint64(v))), true
	case t == bson.TypeInt32 && len(v) == 4:
		return appendIntKey(append(dst, keyInt), int64(int32(binary.LittleEndian.Uint32(v)))), true
	case t == bson.TypeDateTime && len(v) == 8:
		return appendIntKey(append(dst, keyTime), int64(binary.LittleEndian.Uint64(v))), true
	case t == bson.TypeBoolean && len(v) == 1:
		return appendBoolKey(dst, v[0] != 0), true
	}
	return dst, false
}

// ReadKey returns the value of the first key in b and what follows it.
func ReadKey(b []byte) (v any, rest []byte, err error) {
	if len(b) < 2 {
		return nil, nil, errKey
	}
	kind, b := b[0], b[1:]
	switch kind {
	case keyString:
		return readString(b)
	case keyBool:
		if b[0] > 1 {
			return nil, nil, errKey
		}
		return b[0] == 1, b[1:], nil
	case keyInt, keyTime:
		if len(b) < 8 {
			return nil, nil, errKey
		}
		n := int64(binary.BigEndian.Uint64(b) ^ 1<<63)
		if kind == keyTime {
			return bson.DateTime(n), b[8:], nil
		}
		return n, b[8:], nil
	}
	return nil, nil, errKey
}

func appendIntKey(dst []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(n)^1<<63)
}

func appendBoolKey(dst []byte, v bool) []byte {
	if v {
		return append(dst, keyBool, 1)
	}
	return append(dst, keyBool, 0)
}

func appendStringKey(dst []byte, s string) []byte {
	dst = append(dst, keyString)
	for i := range len(s) {
		if s[i] == 0 {
			return endStringKey(dst, []byte(s))
		}
	}
	return append(append(dst, s...), 0, 1)
}

func endStringKey(dst, s []byte) []byte {
	for {
		i := bytes.IndexByte(s, 0)
		if i < 0 {
			return append(append(dst, s...), 0, 1)
		}
		dst = append(append(dst, s[:i]...), 0, 0xFF)
		s = s[i+1:]
	}
}

func readString(b []byte) (any, []byte, error) {
	var out []byte
	for {
		i := bytes.IndexByte(b, 0)
		if i < 0 || i+1 >= len(b) {
			return nil, nil, errKey
		}
		out = append(out, b[:i]...)
		switch b[i+1] {
		case 1:
			return string(out), b[i+2:], nil
		case 0xFF:
			out, b = append(out, 0), b[i+2:]
		default:
			return nil, nil, errKey
		}
	}
}
