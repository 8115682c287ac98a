package pebbledoc

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"meadow/services/platform/docdb"
)

// drawDoc draws a document with nested ones in it, to the given depth.
func drawDoc(depth int) *rapid.Generator[bson.D] {
	return rapid.Custom(func(t *rapid.T) bson.D {
		d := bson.D{}
		for _, name := range []string{"a", "b", "ab", "é"} {
			switch kind := rapid.IntRange(0, 7).Draw(t, "kind"); {
			case kind == 1:
				d = append(d, bson.E{Key: name, Value: rapid.Int64Range(-9, 9).Draw(t, "n")})
			case kind == 2:
				d = append(d, bson.E{Key: name, Value: int32(rapid.IntRange(-9, 9).Draw(t, "n"))})
			case kind == 3:
				d = append(d, bson.E{Key: name, Value: rapid.StringN(0, 5, -1).Draw(t, "s")})
			case kind == 4:
				d = append(d, bson.E{Key: name, Value: rapid.SampledFrom([]any{nil, true, 1.5, bson.DateTime(7), bson.A{"x", bson.D{{Key: "a", Value: 1}}}, bson.ObjectID{1}, bson.Binary{Data: []byte("b")}, bson.Regex{Pattern: "p", Options: "i"}}).Draw(t, "v")})
			case kind > 4 && depth > 0:
				d = append(d, bson.E{Key: name, Value: drawDoc(depth-1).Draw(t, "inner")})
			}
		}
		return d
	})
}

// change does to a decoded document what apply does to an encoded one.
func change(d bson.D, path []string, c docdb.Change) (bson.D, bool) {
	d = slices.Clone(d)
	i := slices.IndexFunc(d, func(e bson.E) bool { return e.Key == path[0] })
	if len(path) > 1 {
		inner := bson.D{}
		if i >= 0 {
			var ok bool
			if inner, ok = d[i].Value.(bson.D); !ok {
				return d, c.Verb == docdb.Remove
			}
		} else if c.Verb == docdb.Remove {
			return d, true
		}
		inner, ok := change(inner, path[1:], c)
		if i < 0 {
			return append(d, bson.E{Key: path[0], Value: inner}), ok
		}
		d[i].Value = inner
		return d, ok
	}
	v := c.Value
	switch {
	case c.Verb == docdb.Remove && i < 0:
		return d, true
	case c.Verb == docdb.Remove:
		return slices.Delete(d, i, i+1), true
	case c.Verb == docdb.Add && i >= 0:
		switch n := d[i].Value.(type) {
		case int64:
			v = n + v.(int64)
		case int32:
			v = int64(n) + v.(int64)
		default:
			return d, false
		}
	}
	if i < 0 {
		return append(d, bson.E{Key: path[0], Value: v}), true
	}
	d[i].Value = v
	return d, true
}

func TestEditingBytesIsEditingTheDocument(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := drawDoc(3).Draw(t, "doc")
		raw, err := bson.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			path := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", "é", "new"}), 1, 4).Draw(t, "path")
			c := docdb.Change{Field: strings.Join(path, "."), Verb: rapid.SampledFrom([]docdb.Verb{docdb.Set, docdb.Add, docdb.Remove}).Draw(t, "verb")}
			switch c.Verb {
			case docdb.Set:
				c.Value = rapid.OneOf(rapid.Int64Range(-1<<40, 1<<40).AsAny(), rapid.String().AsAny(), drawDoc(1).AsAny(), rapid.Bool().AsAny()).Draw(t, "value")
			case docdb.Add:
				c.Value = rapid.Int64Range(-9, 9).Draw(t, "value")
			}
			want, ok := change(doc, path, c)
			got, err := apply(slices.Clone(raw), []docdb.Change{c})
			if (err == nil) != ok {
				t.Fatalf("%v of %v: got %v, want it to work: %v", c, doc, err, ok)
			}
			if !ok {
				continue
			}
			if err := bson.Raw(got).Validate(); err != nil {
				t.Fatalf("%v of %v: %v", c, doc, err)
			}
			wantRaw, err := bson.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(wantRaw) {
				t.Fatalf("%v (-want +got):\n%s", c, cmp.Diff(bson.Raw(wantRaw).String(), bson.Raw(got).String()))
			}
			doc, raw = want, got
		}
	})
}

func TestFindingInBytesIsLookingUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw, err := bson.Marshal(drawDoc(3).Draw(t, "doc"))
		if err != nil {
			t.Fatal(err)
		}
		path := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", "é", "new"}), 1, 4).Draw(t, "path")
		want, err := bson.Raw(raw).LookupErr(path...)
		f, ok := find(raw, strings.Join(path, "."))
		if ok != (err == nil) {
			t.Fatalf("found %v, want %v", ok, err)
		}
		if ok && (f.kind != want.Type || string(raw[f.value:f.end]) != string(want.Value)) {
			t.Fatalf("found %s %x, want %s %x", f.kind, raw[f.value:f.end], want.Type, want.Value)
		}
	})
}

func FuzzFindNeverPanics(f *testing.F) {
	raw, err := bson.Marshal(bson.D{{Key: "a", Value: bson.D{{Key: "b", Value: int64(1)}}}, {Key: "c", Value: "text"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw, "a.b")
	f.Add(raw[:len(raw)-3], "c")
	f.Fuzz(func(t *testing.T, b []byte, path string) {
		if got, ok := find(b, path); ok && (got.start < 0 || got.value < got.start || got.end < got.value || got.end > len(b)) {
			t.Errorf("found %+v in %d bytes", got, len(b))
		}
	})
}
