package docdbtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"meadow/services/platform/docdb"
)

func laws() []promise {
	return []promise{{"random calls do what a map would do", agreesWithModel}}
}

// agreesWithModel makes random calls on a collection and on a model of it, and
// compares every answer and, now and then, everything stored.
func agreesWithModel(t *testing.T, w world) {
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		name := fmt.Sprintf("run%d", runs)
		c, err := docdb.Open[note](t.Context(), w.driver, w.clock.Now, schema(name))
		if err != nil {
			rt.Fatal(err)
		}
		s := &session{test: t, world: w, name: name, coll: c, model: newModel(w.clock.Now)}
		rt.Repeat(map[string]func(*rapid.T){
			"insert":     s.insert,
			"insertMany": s.insertMany,
			"replace":    s.replace,
			"update":     s.update,
			"updateIf":   s.updateIf,
			"inc":        s.inc,
			"delete":     s.remove,
			"getMany":    s.getMany,
			"find":       s.find,
			"wait":       s.wait,
			"":           func(*rapid.T) {},
		})
		s.everything(rt)
	})
}

// session is one run: the collection, its model, and how to draw calls.
type session struct {
	test  *testing.T
	world world
	name  string
	coll  *docdb.Collection[note]
	model *model
}

func drawID() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"a", "aa", "b", "a\x01", "é", "c0", "c1", "c2"})
}

func drawAuthor() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"", "ann", "an", "ann\x01", "日本", "Z"})
}

// drawNote draws a document. One that expires has no unique keys: whether they
// are free between its instant and its removal is left to drivers.
func (s *session) drawNote(t *rapid.T, id string) note {
	n := note{ID: id, Author: drawAuthor().Draw(t, "author"), N: rapid.Int64Range(-3, 3).Draw(t, "n"), Score: drawScore().Draw(t, "score")}
	if rapid.Bool().Draw(t, "has at") {
		n.At = new(s.world.clock.Now().Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "at")) * time.Millisecond))
	}
	if rapid.Bool().Draw(t, "has pinned") {
		n.Pinned = new(rapid.Bool().Draw(t, "pinned"))
	}
	if rapid.IntRange(0, 3).Draw(t, "expires") == 0 {
		n.Gone = new(s.world.clock.Now().Add(time.Duration(rapid.IntRange(1, 5).Draw(t, "hours")) * time.Hour))
		return n
	}
	n.Slug = rapid.SampledFrom([]string{"", "", "s", "t"}).Draw(t, "slug")
	n.Mail = rapid.SampledFrom([]string{"", "", "m1", "m2", "m3"}).Draw(t, "mail")
	return n
}

func drawScore() *rapid.Generator[*int64] {
	return rapid.Ptr(rapid.OneOf(rapid.Int64Range(-2, 2), rapid.Int64()), true)
}

// same fails unless the driver and the model agree on how a call ended.
func same(t *rapid.T, call string, got, want error) {
	t.Helper()
	ok := want == nil && got == nil || want != nil && errors.Is(got, want)
	if dup, is := errors.AsType[docdb.Duplicate](got); is {
		ok = errors.Is(want, dup)
	}
	if !ok {
		t.Fatalf("%s: got %v, want %v", call, got, want)
	}
}

func (s *session) insert(t *rapid.T) {
	n := s.drawNote(t, drawID().Draw(t, "id"))
	same(t, "insert "+n.ID, s.coll.Insert(s.test.Context(), n.ID, n), s.model.insert(n))
}

func (s *session) insertMany(t *rapid.T) {
	var ids []string
	var notes []note
	var want error
	for range rapid.IntRange(2, 4).Draw(t, "how many") {
		n := s.drawNote(t, drawID().Draw(t, "id"))
		ids, notes = append(ids, n.ID), append(notes, n)
	}
	for _, n := range notes {
		if want = s.model.insert(n); want != nil {
			break
		}
	}
	same(t, fmt.Sprint("insert ", ids), s.coll.InsertMany(s.test.Context(), ids, notes), want)
}

func (s *session) replace(t *rapid.T) {
	n := s.drawNote(t, drawID().Draw(t, "id"))
	rev := s.model.rev(n.ID) + int64(rapid.SampledFrom([]int{0, 0, 0, 1, -1}).Draw(t, "off by"))
	doc := docdb.Doc{ID: n.ID, Rev: rev + 1, Body: stamped(s.test, n.ID, rev+1, n)}
	same(t, "replace "+n.ID, s.world.driver.Replace(s.test.Context(), s.name, rev, doc), s.model.replace(n, rev))
}

func (s *session) update(t *rapid.T) {
	id := drawID().Draw(t, "id")
	author := drawAuthor().Draw(t, "author")
	_, err := s.coll.Update(s.test.Context(), id, func(n *note) error { n.Author = author; n.N++; return nil })
	same(t, "update "+id, err, s.model.change(id, func(n *note) error { n.Author = author; n.N++; return nil }))
}

func (s *session) updateIf(t *rapid.T) {
	id := drawID().Draw(t, "id")
	at := rapid.Int64Range(-3, 3).Draw(t, "n at least")
	score := rapid.Int64Range(-3, 3).Draw(t, "score")
	key := "holds." + rapid.SampledFrom([]string{"x", "y", "main"}).Draw(t, "hold")
	conds := []docdb.Cond{{Field: "n", Op: docdb.Gte, Value: at}, {Field: key, Op: docdb.Absent}}
	changes := []docdb.Change{
		{Field: "score", Verb: docdb.Set, Value: score},
		{Field: "n", Verb: docdb.Add, Value: -1},
		{Field: key + ".by", Verb: docdb.Set, Value: id},
		{Field: key + ".gen", Verb: docdb.Add, Value: 2},
		{Field: "at", Verb: docdb.Remove},
	}
	give := rapid.Bool().Draw(t, "give back")
	if give {
		conds = []docdb.Cond{{Field: key + ".gen", Op: docdb.Eq, Value: 2}, {Field: key + ".by", Op: docdb.Ne, Value: "b"}, {Field: "n", Op: docdb.Lte, Value: at}}
		changes = []docdb.Change{{Field: key, Verb: docdb.Remove}, {Field: "mail", Verb: docdb.Remove}}
	}
	want := s.model.change(id, func(n *note) error {
		name := key[len("holds."):]
		h, held := n.Holds[name]
		if give {
			if !held || h.By == "b" || n.N > at {
				return docdb.ErrRefused
			}
			delete(n.Holds, name)
			n.Mail = ""
			return nil
		}
		if held || n.N < at {
			return docdb.ErrRefused
		}
		if n.Holds == nil {
			n.Holds = map[string]hold{}
		}
		n.Score, n.At = &score, nil
		n.N--
		n.Holds[name] = hold{Gen: 2, By: id}
		return nil
	})
	after, err := s.coll.UpdateIf(s.test.Context(), id, conds, changes)
	same(t, "update "+id+" if", err, want)
	if err == nil {
		s.compare(t, after)
	}
}

func (s *session) inc(t *rapid.T) {
	id := drawID().Draw(t, "id")
	delta, floor := rapid.Int64Range(-2, 2).Draw(t, "delta"), rapid.Int64Range(-3, 1).Draw(t, "floor")
	want := s.model.change(id, func(n *note) error {
		if n.N+delta < floor {
			return docdb.ErrRefused
		}
		n.N += delta
		return nil
	})
	after, err := s.coll.Inc(s.test.Context(), id, "n", delta, floor)
	same(t, "inc "+id, err, want)
	if err == nil {
		s.compare(t, after)
	}
}

func (s *session) remove(t *rapid.T) {
	id := drawID().Draw(t, "id")
	rev := int64(0)
	if rapid.Bool().Draw(t, "at a revision") {
		rev = s.model.rev(id) + int64(rapid.SampledFrom([]int{0, 0, 1}).Draw(t, "off by"))
	}
	same(t, "delete "+id, s.world.driver.Delete(s.test.Context(), s.name, id, rev), s.model.remove(id, rev))
}

func (s *session) getMany(t *rapid.T) {
	asked := rapid.SliceOfNDistinct(drawID(), 1, 4, rapid.ID).Draw(t, "ids")
	got, err := s.coll.GetMany(s.test.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(slices.Clone(asked), func(id string) bool { return s.model.rev(id) == 0 })
	if !slices.Equal(ids(got), want) {
		t.Fatalf("get %q: got %q, want %q", asked, ids(got), want)
	}
	for _, n := range got {
		s.compare(t, n)
	}
}

func (s *session) find(t *rapid.T) {
	q := docdb.Query{Limit: rapid.IntRange(1, 4).Draw(t, "limit"), Descending: rapid.Bool().Draw(t, "descending")}
	ix := rapid.SampledFrom(schema(s.name).Indexes).Draw(t, "index")
	q.Index = ix.Name
	fixed := rapid.IntRange(0, len(ix.Keys)).Draw(t, "fixed")
	for _, k := range ix.Keys[:fixed] {
		q.Equal = append(q.Equal, s.drawValue(t, k))
	}
	if fixed < len(ix.Keys) && rapid.Bool().Draw(t, "from") {
		q.From = s.drawValue(t, ix.Keys[fixed])
	}
	if fixed < len(ix.Keys) && rapid.Bool().Draw(t, "before") {
		q.Before = s.drawValue(t, ix.Keys[fixed])
	}
	want := s.model.find(ix, q)
	if got := walk(s.test, s.coll, q); !slices.Equal(got, want) {
		t.Fatalf("find %+v:\ngot  %q\nwant %q", q, got, want)
	}
}

// drawValue draws what may stand at a key.
func (s *session) drawValue(t *rapid.T, key string) any {
	switch key {
	case "score":
		return rapid.Int64Range(-3, 3).Draw(t, key)
	case "at":
		return s.world.clock.Now().Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, key)) * time.Millisecond)
	case "pinned":
		return rapid.Bool().Draw(t, key)
	case "slug", "mail":
		return rapid.SampledFrom([]string{"s", "t", "m1", "m2"}).Draw(t, key)
	case "holds.main.by":
		return drawID().Draw(t, key)
	}
	return drawAuthor().Draw(t, key)
}

func (s *session) wait(t *rapid.T) {
	s.world.clock.Advance(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
}

// compare fails unless n is what the model has.
func (s *session) compare(t *rapid.T, n note) {
	t.Helper()
	// Encoded and decoded, so that what reads the same compares the same.
	var want note
	raw, err := bson.Marshal(s.model.docs[n.ID].note)
	if err == nil {
		err = bson.Unmarshal(raw, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Holds) == 0 && len(n.Holds) == 0 {
		want.Holds, n.Holds = nil, nil
	}
	if diff := cmp.Diff(want, n); diff != "" {
		t.Fatalf("%q (-want +got):\n%s", n.ID, diff)
	}
}

// everything compares all that is stored.
func (s *session) everything(t *rapid.T) {
	var got []string
	err := s.coll.Each(s.test.Context(), func(id string, n note) error {
		got = append(got, id)
		s.compare(t, n)
		docs, err := s.world.driver.Get(s.test.Context(), s.name, id)
		if err != nil || len(docs) != 1 || docs[0].Rev != s.model.rev(id) {
			t.Fatalf("%q: got %d documents, %v, want one at revision %d", id, len(docs), err, s.model.rev(id))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := s.model.ids(); !slices.Equal(got, want) {
		t.Fatalf("stored %q, want %q", got, want)
	}
}
