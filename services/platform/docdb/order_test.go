package docdb_test

import (
	"bytes"
	"cmp"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"meadow/services/platform/docdb"
)

// drawScalar draws values of one kind, many of them close to each other.
func drawScalar(kind int) *rapid.Generator[any] {
	switch kind {
	case 0:
		return rapid.OneOf(rapid.Int64(), rapid.Int64Range(-3, 3)).AsAny()
	case 1:
		return rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.SampledFrom([]rune{0, 1, 'a', 0xff, 0x10ffff}), 0, 4, -1)).AsAny()
	case 2:
		return rapid.Bool().AsAny()
	}
	return rapid.Map(rapid.Int64Range(-1<<40, 1<<40), func(ms int64) any { return bson.DateTime(ms) })
}

func order(a, b any) int {
	switch a := a.(type) {
	case int64:
		return cmp.Compare(a, b.(int64))
	case string:
		return strings.Compare(a, b.(string))
	case bson.DateTime:
		return cmp.Compare(a, b.(bson.DateTime))
	case bool:
		switch {
		case a == b.(bool):
			return 0
		case a:
			return 1
		}
		return -1
	}
	panic("unknown kind")
}

func key(t *rapid.T, v any) []byte {
	k, err := docdb.AppendKey(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeysSortAsTheirValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := drawScalar(rapid.IntRange(0, 3).Draw(t, "kind"))
		a, b := g.Draw(t, "a"), g.Draw(t, "b")
		if got, want := bytes.Compare(key(t, a), key(t, b)), order(a, b); got != want {
			t.Fatalf("keys of %v and %v compare as %d, want %d", a, b, got, want)
		}
		// Also when something follows: no key is the beginning of another.
		tail := rapid.SliceOf(rapid.Byte()).Draw(t, "tail")
		if order(a, b) != 0 {
			if got, want := bytes.Compare(append(key(t, a), tail...), key(t, b)), order(a, b); got != want {
				t.Fatalf("with a tail the keys of %v and %v compare as %d, want %d", a, b, got, want)
			}
		}
	})
}

func TestAKeyReadsBackAndAStoredValueHasTheSameKey(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := drawScalar(rapid.IntRange(0, 3).Draw(t, "kind")).Draw(t, "v")
		tail := rapid.SliceOf(rapid.Byte()).Draw(t, "tail")
		got, rest, err := docdb.ReadKey(append(key(t, v), tail...))
		if err != nil || got != v || !bytes.Equal(rest, tail) {
			t.Fatalf("got %v and %x, %v, want %v and %x", got, rest, err, v, tail)
		}
		kind, raw, err := bson.MarshalValue(v)
		if err != nil {
			t.Fatal(err)
		}
		if k, ok := docdb.AppendValueKey(nil, bson.Type(kind), raw); !ok || !bytes.Equal(k, key(t, v)) {
			t.Fatalf("stored %v has the key %x, want %x", v, k, key(t, v))
		}
	})
}

func FuzzReadKeyNeverPanics(f *testing.F) {
	f.Add([]byte{0x20, 'a', 0, 1, 'x'})
	f.Add([]byte{0x20, 0, 0xff, 0})
	f.Add([]byte{0x10, 1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		v, rest, err := docdb.ReadKey(b)
		if err != nil {
			return
		}
		k, err := docdb.AppendKey(nil, v)
		if err != nil || !bytes.Equal(append(k, rest...), b) {
			t.Errorf("%x reads as %v, which is %x", b, v, k)
		}
	})
}

func TestOnlyScalarsAreScalars(t *testing.T) {
	t.Parallel()
	type word string
	type count int32
	at := time.Date(2025, 1, 2, 3, 4, 5, 6_789_000, time.FixedZone("x", 3600))
	for _, tt := range []struct{ in, want any }{
		{word("a"), "a"}, {count(-3), int64(-3)}, {5, int64(5)}, {uint16(9), int64(9)}, {true, true}, {at, bson.DateTime(at.UnixMilli())},
		{nil, nil}, {1.5, nil}, {[]byte("x"), nil}, {map[string]any{"$gt": 1}, nil}, {bson.D{}, nil}, {new("x"), nil}, {uint64(1), nil},
	} {
		got, err := docdb.Scalar(tt.in)
		if (err == nil) != (tt.want != nil) || err == nil && got != tt.want {
			t.Errorf("%T %v: got %v, %v, want %v", tt.in, tt.in, got, err, tt.want)
		}
	}
}

func TestPathsOverlapByWholeNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want bool
	}{{"a", "a", true}, {"a", "a.b", true}, {"a.b", "a", true}, {"a", "ab", false}, {"a.b", "a.c", false}, {"a.b.c", "a.b", true}, {"ab", "a.b", false}} {
		if got := docdb.Overlap(tt.a, tt.b); got != tt.want {
			t.Errorf("%s and %s: got %v", tt.a, tt.b, got)
		}
	}
}
