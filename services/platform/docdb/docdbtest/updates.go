package docdbtest

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/kernel/errs"
	"meadow/services/platform/docdb"
)

func updates() []promise {
	return []promise{
		{"many updaters of one document all pass", updatersAllPass},
		{"an update's own error ends it and stores nothing", updateErrorEnds},
		{"upsert makes what is missing, once", upsertMakesOnce},
		{"each condition means what it says", conditionsMean},
		{"each change does what it says", changesDo},
		{"changes are all made or none", changesAreAtomic},
		{"changes that make no sense are refused", senselessIsRefused},
		{"update if counts the revision up", updateIfCountsUp},
		{"of many takers exactly as many succeed as there is stock", stockIsNotOversold},
		{"inc stops at its floor", incStopsAtFloor},
		{"holds are taken and given back by generation", holdsByGeneration},
		{"an update moves the document in its indexes", updatesMoveInIndexes},
		{"update and update if do not lose each other's writes", mixedWritersLoseNothing},
	}
}

func updatersAllPass(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a"})
	const writers, each = 12, 5
	won := count(t, writers, func(int) error {
		for range each {
			if _, err := c.Update(t.Context(), "a", func(n *note) error { n.N++; return nil }); err != nil {
				return err
			}
		}
		return nil
	})
	if got := get(t, c, "a").N; won != writers || got != writers*each {
		t.Errorf("%d of %d writers passed, n is %d, want %d", won, writers, got, writers*each)
	}
}

func updateErrorEnds(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", N: 1})
	no := errs.New(errs.Precondition, "no", "No.")
	v, err := c.Update(t.Context(), "a", func(n *note) error { n.N = 9; return no })
	if !errors.Is(err, no) || v.N != 9 {
		t.Errorf("got %v with n %d, want the closure's error and document", err, v.N)
	}
	if got := get(t, c, "a").N; got != 1 {
		t.Errorf("n is %d, want 1", got)
	}
}

func upsertMakesOnce(t *testing.T, w world) {
	c := w.notes(t)
	const writers = 10
	won := count(t, writers, func(int) error {
		_, err := c.Upsert(t.Context(), "a", func(n *note) error { n.N++; return nil })
		return err
	})
	if got := get(t, c, "a").N; won != writers || got != writers {
		t.Errorf("%d passed, n is %d, want %d", won, got, writers)
	}
}

func conditionsMean(t *testing.T, w world) {
	c := w.notes(t)
	score, pinned := int64(-5), false
	at := time.UnixMilli(1_700_000_000_123).UTC()
	insert(t, c, note{ID: "a", Author: "bob", N: 3, Score: &score, Pinned: &pinned, At: &at,
		Holds: map[string]hold{"h1": {Gen: 2, By: "x"}}, Tags: []string{"t"}})
	type named string
	for _, tt := range []struct {
		field string
		op    docdb.Op
		value any
		want  bool
	}{
		{"n", docdb.Eq, 3, true}, {"n", docdb.Eq, int64(3), true}, {"n", docdb.Eq, int32(3), true}, {"n", docdb.Eq, 4, false},
		{"n", docdb.Eq, "3", false}, {"n", docdb.Ne, 3, false}, {"n", docdb.Ne, 4, true}, {"n", docdb.Ne, "3", true},
		{"n", docdb.Gte, 3, true}, {"n", docdb.Gte, 4, false}, {"n", docdb.Gte, -9, true}, {"n", docdb.Lte, 3, true}, {"n", docdb.Lte, 2, false},
		{"n", docdb.Gte, "0", false}, {"n", docdb.Lte, "9", false}, {"n", docdb.Lte, math.MaxInt64, true}, {"n", docdb.Gte, math.MinInt64, true},
		{"score", docdb.Eq, -5, true}, {"score", docdb.Gte, -5, true}, {"score", docdb.Gte, -4, false}, {"score", docdb.Lte, -6, false}, {"score", docdb.Lte, 0, true},
		{"author", docdb.Eq, "bob", true}, {"author", docdb.Eq, named("bob"), true}, {"author", docdb.Eq, "bo", false}, {"author", docdb.Gte, "boa", true},
		{"author", docdb.Gte, "bobb", false}, {"author", docdb.Lte, "bob", true}, {"author", docdb.Ne, "ann", true},
		{"pinned", docdb.Eq, false, true}, {"pinned", docdb.Eq, true, false}, {"pinned", docdb.Ne, true, true}, {"pinned", docdb.Eq, 0, false},
		{"at", docdb.Eq, at, true}, {"at", docdb.Gte, at, true}, {"at", docdb.Gte, at.Add(time.Millisecond), false}, {"at", docdb.Lte, at.Add(time.Hour), true},
		{"at", docdb.Eq, at.In(time.FixedZone("east", 8*3600)), true}, {"at", docdb.Gte, 0, false},
		{"nothing", docdb.Eq, 0, false}, {"nothing", docdb.Ne, 0, true}, {"nothing", docdb.Gte, 0, false}, {"nothing", docdb.Lte, 0, false},
		{"nothing", docdb.Present, nil, false}, {"nothing", docdb.Absent, nil, true}, {"n", docdb.Present, nil, true}, {"n", docdb.Absent, nil, false},
		{"holds.h1.gen", docdb.Eq, 2, true}, {"holds.h1.gen", docdb.Gte, 3, false}, {"holds.h1", docdb.Present, nil, true},
		{"holds.h2", docdb.Absent, nil, true}, {"holds.h2.gen", docdb.Absent, nil, true}, {"holds.h2.gen", docdb.Eq, 2, false}, {"holds.h2.gen", docdb.Ne, 2, true},
		{"author.x", docdb.Present, nil, false}, {"holds", docdb.Present, nil, true}, {"tags", docdb.Present, nil, true},
		{"author", docdb.Eq, "$ne", false}, {"author", docdb.Ne, "$exists", true},
		{"_rev", docdb.Gte, 1, true}, {"_id", docdb.Eq, "a", true},
	} {
		_, err := c.UpdateIf(t.Context(), "a", []docdb.Cond{{Field: tt.field, Op: tt.op, Value: tt.value}},
			[]docdb.Change{{Field: "text", Verb: docdb.Set, Value: "seen"}})
		if got := err == nil; got != tt.want || err != nil && !errors.Is(err, docdb.ErrRefused) {
			t.Errorf("%s %s %v: got %v, want it to hold: %v", tt.field, tt.op, tt.value, err, tt.want)
		}
	}
	_, err := c.UpdateIf(t.Context(), "a", []docdb.Cond{{Field: "n", Op: docdb.Eq, Value: 3}, {Field: "n", Op: docdb.Gte, Value: 4}},
		[]docdb.Change{{Field: "n", Verb: docdb.Add, Value: 1}})
	if !errors.Is(err, docdb.ErrRefused) {
		t.Errorf("two conditions on a field, one false: got %v, want ErrRefused", err)
	}
}

func changesDo(t *testing.T, w world) {
	w.notes(t)
	at := time.UnixMilli(1_700_000_000_123)
	start := bson.M{"n": int64(3), "small": int32(4), "word": "a", "deep": bson.M{"er": bson.M{"x": int64(1)}}, "list": bson.A{"p", "q"}}
	for _, tt := range []struct {
		name    string
		changes []docdb.Change
		want    bson.M // what differs from start; nil for what is removed
	}{
		{"set a number", []docdb.Change{{Field: "n", Verb: docdb.Set, Value: int64(9)}}, bson.M{"n": int64(9)}},
		{"set a longer text", []docdb.Change{{Field: "word", Verb: docdb.Set, Value: "abcdef"}}, bson.M{"word": "abcdef"}},
		{"set another type", []docdb.Change{{Field: "word", Verb: docdb.Set, Value: true}}, bson.M{"word": true}},
		{"set an instant", []docdb.Change{{Field: "word", Verb: docdb.Set, Value: at}}, bson.M{"word": bson.NewDateTimeFromTime(at)}},
		{"set a document", []docdb.Change{{Field: "deep.er", Verb: docdb.Set, Value: hold{Gen: 5, By: "me"}}}, bson.M{"deep": bson.M{"er": bson.M{"gen": int64(5), "by": "me"}}}},
		{"set a list", []docdb.Change{{Field: "list", Verb: docdb.Set, Value: []string{}}}, bson.M{"list": bson.A{}}},
		{"set a new field", []docdb.Change{{Field: "new", Verb: docdb.Set, Value: "v"}}, bson.M{"new": "v"}},
		{"make documents on the way", []docdb.Change{{Field: "a.b.c", Verb: docdb.Set, Value: "v"}}, bson.M{"a": bson.M{"b": bson.M{"c": "v"}}}},
		{"set beside what is there", []docdb.Change{{Field: "deep.er.y", Verb: docdb.Set, Value: "v"}}, bson.M{"deep": bson.M{"er": bson.M{"x": int64(1), "y": "v"}}}},
		{"add", []docdb.Change{{Field: "n", Verb: docdb.Add, Value: 2}}, bson.M{"n": int64(5)}},
		{"add below zero", []docdb.Change{{Field: "n", Verb: docdb.Add, Value: int64(-10)}}, bson.M{"n": int64(-7)}},
		{"add to a narrow integer", []docdb.Change{{Field: "small", Verb: docdb.Add, Value: int64(1)}}, bson.M{"small": int64(5)}},
		{"add to nothing", []docdb.Change{{Field: "deep.z", Verb: docdb.Add, Value: int64(4)}}, bson.M{"deep": bson.M{"er": bson.M{"x": int64(1)}, "z": int64(4)}}},
		{"remove", []docdb.Change{{Field: "word", Verb: docdb.Remove}}, bson.M{"word": nil}},
		{"remove within", []docdb.Change{{Field: "deep.er.x", Verb: docdb.Remove}}, bson.M{"deep": bson.M{"er": bson.M{}}}},
		{"remove nothing", []docdb.Change{{Field: "deep.no.where", Verb: docdb.Remove}, {Field: "nowhere", Verb: docdb.Remove}}, bson.M{}},
		{"several", []docdb.Change{{Field: "n", Verb: docdb.Add, Value: 1}, {Field: "deep.er", Verb: docdb.Remove}, {Field: "deep.k", Verb: docdb.Set, Value: "v"}, {Field: "word", Verb: docdb.Set, Value: ""}},
			bson.M{"n": int64(4), "deep": bson.M{"k": "v"}, "word": ""}},
	} {
		raw, err := bson.Marshal(start)
		if err != nil {
			t.Fatal(err)
		}
		body, err := docdb.Stamp(tt.name, 1, raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.driver.Insert(t.Context(), "notes", docdb.Doc{ID: tt.name, Rev: 1, Body: body}); err != nil {
			t.Fatal(err)
		}
		after, err := w.driver.UpdateIf(t.Context(), "notes", tt.name, nil, tt.changes)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want := bson.M{"_id": tt.name, "_rev": int64(2)}
		for _, m := range []bson.M{start, tt.want} {
			for k, v := range m {
				if want[k] = v; v == nil {
					delete(want, k)
				}
			}
		}
		stored, err := w.driver.Get(t.Context(), "notes", tt.name)
		if err != nil || len(stored) != 1 {
			t.Fatalf("%s: %d documents, %v", tt.name, len(stored), err)
		}
		for what, doc := range map[string]docdb.Doc{"answered": after, "stored": stored[0]} {
			if diff := cmp.Diff(want, plain(t, doc.Body)); diff != "" || doc.Rev != 2 || doc.ID != tt.name {
				t.Errorf("%s: %s revision %d (-want +got):\n%s", tt.name, what, doc.Rev, diff)
			}
		}
	}
}

// plain decodes a document into maps, whatever the order of its fields.
func plain(t *testing.T, body bson.Raw) bson.M {
	t.Helper()
	if err := body.Validate(); err != nil {
		t.Fatalf("malformed document: %v", err)
	}
	elems, err := body.Elements()
	if err != nil {
		t.Fatal(err)
	}
	out := bson.M{}
	for _, e := range elems {
		if inner, ok := e.Value().DocumentOK(); ok {
			out[e.Key()] = plain(t, inner)
			continue
		}
		var v any
		if err := e.Value().Unmarshal(&v); err != nil {
			t.Fatal(err)
		}
		out[e.Key()] = v
	}
	return out
}

func changesAreAtomic(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", N: 1, Text: "t", Mail: "mine"}, note{ID: "b", Mail: "yours"})
	for name, changes := range map[string][]docdb.Change{
		"the second cannot be made": {{Field: "n", Verb: docdb.Add, Value: 1}, {Field: "text", Verb: docdb.Add, Value: 1}},
		"a path leads through text": {{Field: "n", Verb: docdb.Add, Value: 1}, {Field: "text.x", Verb: docdb.Set, Value: 1}},
		"a unique index refuses":    {{Field: "n", Verb: docdb.Add, Value: 1}, {Field: "mail", Verb: docdb.Set, Value: "yours"}},
	} {
		if _, err := c.UpdateIf(t.Context(), "a", nil, changes); err == nil {
			t.Errorf("%s: got no error", name)
		}
		if n := get(t, c, "a"); n.N != 1 || n.Text != "t" || n.Mail != "mine" {
			t.Errorf("%s: the document changed: %+v", name, n)
		}
	}
	_, err := c.UpdateIf(t.Context(), "a", nil, []docdb.Change{{Field: "mail", Verb: docdb.Set, Value: "yours"}})
	if dup, ok := errors.AsType[docdb.Duplicate](err); !ok || dup.Index != "mail" {
		t.Errorf("got %v, want Duplicate of mail", err)
	}
}

func senselessIsRefused(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", N: math.MaxInt64})
	one := []docdb.Change{{Field: "n", Verb: docdb.Set, Value: 1}}
	for name, u := range map[string]struct {
		conds   []docdb.Cond
		changes []docdb.Change
	}{
		"no change":              {nil, nil},
		"the id":                 {nil, []docdb.Change{{Field: "_id", Verb: docdb.Set, Value: "b"}}},
		"the revision":           {nil, []docdb.Change{{Field: "_rev", Verb: docdb.Add, Value: 1}}},
		"a field twice":          {nil, []docdb.Change{{Field: "n", Verb: docdb.Set, Value: 1}, {Field: "n", Verb: docdb.Remove}}},
		"a field and its parent": {nil, []docdb.Change{{Field: "holds.x", Verb: docdb.Set, Value: 1}, {Field: "holds", Verb: docdb.Remove}}},
		"an operator as a path":  {nil, []docdb.Change{{Field: "$set", Verb: docdb.Set, Value: 1}}},
		"an empty path":          {nil, []docdb.Change{{Field: "", Verb: docdb.Set, Value: 1}}},
		"an unknown verb":        {nil, []docdb.Change{{Field: "n", Verb: "multiply", Value: 2}}},
		"setting to nothing":     {nil, []docdb.Change{{Field: "n", Verb: docdb.Set}}},
		"adding text":            {nil, []docdb.Change{{Field: "n", Verb: docdb.Add, Value: "1"}}},
		"an operator as a field": {[]docdb.Cond{{Field: "$where", Op: docdb.Eq, Value: "1"}}, one},
		"an operator as a value": {[]docdb.Cond{{Field: "n", Op: docdb.Eq, Value: map[string]any{"$gt": 0}}}, one},
		"no value":               {[]docdb.Cond{{Field: "n", Op: docdb.Eq}}, one},
		"an unknown condition":   {[]docdb.Cond{{Field: "n", Op: "regex", Value: ".*"}}, one},
	} {
		if _, err := c.UpdateIf(t.Context(), "a", u.conds, u.changes); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if n := get(t, c, "a"); n.N != math.MaxInt64 {
		t.Errorf("a refused change was made: n is %d", n.N)
	}
}

func updateIfCountsUp(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a"})
	for want := int64(2); want < 5; want++ {
		doc, err := w.driver.UpdateIf(t.Context(), "notes", "a", nil, []docdb.Change{{Field: "n", Verb: docdb.Add, Value: 1}})
		if err != nil || doc.Rev != want {
			t.Fatalf("got revision %d, %v, want %d", doc.Rev, err, want)
		}
	}
	stale := docdb.Doc{ID: "a", Rev: 2, Body: stamped(t, "a", 2, note{})}
	if err := w.driver.Replace(t.Context(), "notes", 1, stale); !errors.Is(err, docdb.ErrConflict) {
		t.Errorf("replace of what was read before: got %v, want ErrConflict", err)
	}
}

func stockIsNotOversold(t *testing.T, w world) {
	c := w.notes(t)
	const stock, buyers = 30, 80
	insert(t, c, note{ID: "sku", N: stock})
	won := count(t, buyers, func(int) error {
		_, err := c.Inc(t.Context(), "sku", "n", -1, 0)
		return err
	}, docdb.ErrRefused)
	if got := get(t, c, "sku").N; won != stock || got != 0 {
		t.Errorf("%d bought of %d, %d left", won, stock, got)
	}
}

func incStopsAtFloor(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", N: 5})
	for _, tt := range []struct {
		delta, floor, want int64
		ok                 bool
	}{{-6, 0, 5, false}, {-5, 0, 0, true}, {-1, 0, 0, false}, {-1, -1, -1, true}, {3, 0, 2, true}, {-2, 1, 2, false}} {
		v, err := c.Inc(t.Context(), "a", "n", tt.delta, tt.floor)
		if tt.ok != (err == nil) || err != nil && !errors.Is(err, docdb.ErrRefused) || err == nil && v.N != tt.want {
			t.Errorf("inc %d with floor %d: got %d, %v", tt.delta, tt.floor, v.N, err)
		}
		if got := get(t, c, "a").N; got != tt.want {
			t.Errorf("inc %d with floor %d: n is %d, want %d", tt.delta, tt.floor, got, tt.want)
		}
	}
}

func holdsByGeneration(t *testing.T, w world) {
	c := w.notes(t)
	const stock, buyers = 5, 20
	insert(t, c, note{ID: "sku", N: stock})
	path := func(i int) string { return "holds." + number(i) }
	take := func(i int) error {
		_, err := c.UpdateIf(t.Context(), "sku",
			[]docdb.Cond{{Field: path(i), Op: docdb.Absent}, {Field: "n", Op: docdb.Gte, Value: 1}},
			[]docdb.Change{{Field: "n", Verb: docdb.Add, Value: -1}, {Field: path(i) + ".gen", Verb: docdb.Set, Value: int64(7)}})
		return err
	}
	if won := count(t, buyers*2, func(i int) error { return take(i % buyers) }, docdb.ErrRefused); won != stock {
		t.Fatalf("%d holds on %d units", won, stock)
	}
	n := get(t, c, "sku")
	if len(n.Holds) != stock || n.N != 0 {
		t.Fatalf("%d holds stored, %d left", len(n.Holds), n.N)
	}
	for key := range n.Holds {
		give := func(gen int64) error {
			_, err := c.UpdateIf(t.Context(), "sku",
				[]docdb.Cond{{Field: "holds." + key + ".gen", Op: docdb.Eq, Value: gen}},
				[]docdb.Change{{Field: "n", Verb: docdb.Add, Value: 1}, {Field: "holds." + key, Verb: docdb.Remove}})
			return err
		}
		if err := give(6); !errors.Is(err, docdb.ErrRefused) {
			t.Errorf("an old generation: got %v, want ErrRefused", err)
		}
		if won := count(t, 4, func(int) error { return give(7) }, docdb.ErrRefused); won != 1 {
			t.Errorf("a hold was given back %d times", won)
		}
	}
	if n := get(t, c, "sku"); len(n.Holds) != 0 || n.N != stock {
		t.Errorf("%d holds and %d units at the end", len(n.Holds), n.N)
	}
}

func updatesMoveInIndexes(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", Author: "ann", Mail: "old"})
	by := func(author string) int {
		return len(walk(t, c, docdb.Query{Index: "author", Equal: []any{author}, Limit: 5}))
	}
	if _, err := c.Update(t.Context(), "a", func(n *note) error { n.Author, n.Mail = "bob", "new"; return nil }); err != nil {
		t.Fatal(err)
	}
	if by("ann") != 0 || by("bob") != 1 {
		t.Errorf("after update: ann lists %d and bob %d, want 0 and 1", by("ann"), by("bob"))
	}
	insert(t, c, note{ID: "b", Mail: "old"}) // the old unique key is free
	if _, err := c.UpdateIf(t.Context(), "a", nil, []docdb.Change{{Field: "author", Verb: docdb.Set, Value: "cat"}}); err != nil {
		t.Fatal(err)
	}
	if by("bob") != 0 || by("cat") != 1 {
		t.Errorf("after update if: bob lists %d and cat %d, want 0 and 1", by("bob"), by("cat"))
	}
	if _, err := c.UpdateIf(t.Context(), "a", nil, []docdb.Change{{Field: "author", Verb: docdb.Remove}, {Field: "holds.main.by", Verb: docdb.Set, Value: "me"}}); err != nil {
		t.Fatal(err)
	}
	if by("cat") != 0 {
		t.Error("a document without the field is still listed")
	}
	if got := walk(t, c, docdb.Query{Index: "holder", Equal: []any{"me"}, Limit: 5}); len(got) != 1 {
		t.Errorf("by a nested field: got %v, want a", got)
	}
	if _, err := c.UpdateIf(t.Context(), "a", nil, []docdb.Change{{Field: "holds", Verb: docdb.Remove}}); err != nil {
		t.Fatal(err)
	}
	if got := walk(t, c, docdb.Query{Index: "holder", Limit: 5}); len(got) != 0 {
		t.Errorf("after its parent was removed: got %v, want nothing", got)
	}
}

func mixedWritersLoseNothing(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", Score: new(int64(0))})
	const writers = 12
	count(t, writers, func(i int) error {
		if i%2 == 0 {
			_, err := c.Update(t.Context(), "a", func(n *note) error { n.N++; return nil })
			return err
		}
		_, err := c.Inc(t.Context(), "a", "score", 1, 0)
		return err
	})
	if n := get(t, c, "a"); n.N != writers/2 || *n.Score != writers/2 {
		t.Errorf("got n %d and score %d, want %d each", n.N, *n.Score, writers/2)
	}
}
