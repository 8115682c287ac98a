package docdbtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/platform/docdb"
)

func documents() []promise {
	return []promise{
		{"what was inserted is returned as it was", insertedIsReturned},
		{"an id is taken once", anIDIsTakenOnce},
		{"of many inserters of one id one succeeds", oneInserterWins},
		{"insert many stores those before the refused one", insertManyStops},
		{"insert many refuses an id or a unique key given twice", insertManySeesItself},
		{"get many keeps the order asked and leaves out the missing", getManyKeepsOrder},
		{"an unknown document is not found by any verb", unknownIsNotFound},
		{"replace refuses a stale revision and counts up", replaceChecksRevision},
		{"delete removes at its revision only", deleteChecksRevision},
		{"delete if asks about the document as it is", deleteIfAsks},
		{"odd ids and texts survive", oddStringsSurvive},
		{"a large document survives", largeDocumentSurvives},
		{"scan returns everything once by id", scanReturnsEverything},
		{"collections that hold documents are listed", collectionsAreListed},
		{"collections do not see each other", collectionsAreApart},
		{"ping answers", pingAnswers},
		{"bad schemas are refused", badSchemasAreRefused},
		{"opening again the same way changes nothing", openingAgainChangesNothing},
	}
}

func insertedIsReturned(t *testing.T, w world) {
	c := w.notes(t)
	score, pinned := int64(-7), true
	at := time.Date(1969, 7, 20, 20, 17, 40, 123e6, time.UTC)
	want := note{ID: "a", Author: "ann", Slug: "s", N: 1 << 60, Score: &score, At: &at, Pinned: &pinned,
		Text: "日本語 ünïcode 🌱", Holds: map[string]hold{"x": {Gen: 3, By: "bob"}}, Tags: []string{"one", "two"}}
	insert(t, c, want)
	if diff := cmp.Diff(want, get(t, c, "a")); diff != "" {
		t.Errorf("got other than stored (-want +got):\n%s", diff)
	}
	docs, err := w.driver.Get(t.Context(), "notes", "a")
	if err != nil || len(docs) != 1 {
		t.Fatalf("driver get: %d documents, %v", len(docs), err)
	}
	if docs[0].ID != "a" || docs[0].Rev != 1 {
		t.Errorf("got id %q at revision %d, want a at 1", docs[0].ID, docs[0].Rev)
	}
}

func anIDIsTakenOnce(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", N: 1})
	if err := c.Insert(t.Context(), "a", note{N: 2}); !errors.Is(err, docdb.ErrExists) {
		t.Errorf("second insert: got %v, want ErrExists", err)
	}
	if got := get(t, c, "a").N; got != 1 {
		t.Errorf("the refused insert changed the document: n is %d", got)
	}
}

func oneInserterWins(t *testing.T, w world) {
	c := w.notes(t)
	won := count(t, 16, func(i int) error { return c.Insert(t.Context(), "a", note{N: int64(i)}) }, docdb.ErrExists)
	if won != 1 {
		t.Errorf("%d inserters of one id succeeded, want 1", won)
	}
}

func insertManyStops(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "c"})
	err := c.InsertMany(t.Context(), []string{"a", "b", "c", "d"}, make([]note, 4))
	if !errors.Is(err, docdb.ErrExists) {
		t.Fatalf("got %v, want ErrExists", err)
	}
	all, err := c.GetMany(t.Context(), []string{"a", "b", "c", "d"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := ids(all), []string{"a", "b", "c"}; !slices.Equal(got, want) {
		t.Errorf("stored %v, want %v", got, want)
	}
	many := make([]string, 700)
	for i := range many {
		many[i] = number(i)
	}
	if err := c.InsertMany(t.Context(), many, make([]note, len(many))); err != nil {
		t.Fatal(err)
	}
	if all, err = c.GetMany(t.Context(), many); err != nil || len(all) != len(many) {
		t.Errorf("got %d of %d, %v", len(all), len(many), err)
	}
}

func insertManySeesItself(t *testing.T, w world) {
	c := w.notes(t)
	if err := c.InsertMany(t.Context(), []string{"a", "a"}, make([]note, 2)); !errors.Is(err, docdb.ErrExists) {
		t.Errorf("same id twice: got %v, want ErrExists", err)
	}
	err := c.InsertMany(t.Context(), []string{"b", "c"}, []note{{Mail: "m"}, {Mail: "m"}})
	if dup, ok := errors.AsType[docdb.Duplicate](err); !ok || dup.Index != "mail" {
		t.Errorf("same unique key twice: got %v, want Duplicate of mail", err)
	}
	if _, err := c.Get(t.Context(), "c"); !errors.Is(err, docdb.ErrNotFound) {
		t.Errorf("the refused one: got %v, want ErrNotFound", err)
	}
}

func getManyKeepsOrder(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a"}, note{ID: "b"}, note{ID: "c"})
	got, err := c.GetMany(t.Context(), []string{"c", "nobody", "a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"c", "a", "b"}; !slices.Equal(ids(got), want) {
		t.Errorf("got %v, want %v", ids(got), want)
	}
	if got, err := c.GetMany(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("nothing asked: got %v, %v", got, err)
	}
}

func unknownIsNotFound(t *testing.T, w world) {
	c := w.notes(t)
	ctx := t.Context()
	_, get := c.Get(ctx, "x")
	_, update := c.Update(ctx, "x", func(*note) error { return nil })
	_, updateIf := c.UpdateIf(ctx, "x", []docdb.Cond{{Field: "n", Op: docdb.Eq, Value: 1}}, []docdb.Change{{Field: "n", Verb: docdb.Add, Value: 1}})
	_, inc := c.Inc(ctx, "x", "n", -1, 0)
	doc := docdb.Doc{ID: "x", Rev: 2, Body: stamped(t, "x", 2, note{})}
	for verb, err := range map[string]error{
		"get": get, "update": update, "updateIf": updateIf, "inc": inc,
		"replace":        w.driver.Replace(ctx, "notes", 1, doc),
		"delete":         c.Delete(ctx, "x"),
		"delete at rev.": w.driver.Delete(ctx, "notes", "x", 3),
	} {
		if !errors.Is(err, docdb.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", verb, err)
		}
	}
}

func replaceChecksRevision(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", N: 1})
	replace := func(rev int64, n int64) error {
		return w.driver.Replace(t.Context(), "notes", rev, docdb.Doc{ID: "a", Rev: rev + 1, Body: stamped(t, "a", rev+1, note{N: n})})
	}
	if err := replace(1, 2); err != nil {
		t.Fatal(err)
	}
	if err := replace(1, 3); !errors.Is(err, docdb.ErrConflict) {
		t.Errorf("stale: got %v, want ErrConflict", err)
	}
	if err := replace(3, 3); !errors.Is(err, docdb.ErrConflict) {
		t.Errorf("ahead: got %v, want ErrConflict", err)
	}
	if err := replace(2, 4); err != nil {
		t.Error(err)
	}
	docs, err := w.driver.Get(t.Context(), "notes", "a")
	if err != nil || len(docs) != 1 || docs[0].Rev != 3 || get(t, c, "a").N != 4 {
		t.Errorf("got %v, %v, want revision 3 with n 4", docs, err)
	}
}

func deleteChecksRevision(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", Author: "ann", Mail: "m"})
	if err := w.driver.Delete(t.Context(), "notes", "a", 2); !errors.Is(err, docdb.ErrConflict) {
		t.Errorf("at another revision: got %v, want ErrConflict", err)
	}
	if err := w.driver.Delete(t.Context(), "notes", "a", 1); err != nil {
		t.Fatal(err)
	}
	if got := walk(t, c, docdb.Query{Index: "author", Equal: []any{"ann"}, Limit: 5}); len(got) != 0 {
		t.Errorf("the index still lists %v", got)
	}
	insert(t, c, note{ID: "b", Mail: "m"}, note{ID: "a"}) // its id and its unique key are free
	if err := c.Delete(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

func deleteIfAsks(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", N: 1})
	is := func(n int64) func(note) bool { return func(v note) bool { return v.N == n } }
	if err := c.DeleteIf(t.Context(), "a", is(2)); !errors.Is(err, docdb.ErrConflict) {
		t.Errorf("said no: got %v, want ErrConflict", err)
	}
	err := c.DeleteIf(t.Context(), "a", func(note) bool {
		_, err := c.Inc(t.Context(), "a", "n", 1, 0)
		return err == nil
	})
	if !errors.Is(err, docdb.ErrConflict) {
		t.Errorf("changed meanwhile: got %v, want ErrConflict", err)
	}
	if err := c.DeleteIf(t.Context(), "a", is(2)); err != nil {
		t.Error(err)
	}
	if err := c.DeleteIf(t.Context(), "a", is(2)); !errors.Is(err, docdb.ErrNotFound) {
		t.Errorf("gone: got %v, want ErrNotFound", err)
	}
}

// odd are strings that an encoding may get wrong. They sort as given.
var odd = []string{" ", "!", "#$%", "$where", "...", "00", "A", "Z", "\\", "a", "a\x01", "a\x01b", "a ", "a.b", "aa", "a\x7f",
	"é", "ü", "日本", "日本語", "\uffff", "🌱", "🌱🌱"}

func oddStringsSurvive(t *testing.T, w world) {
	c := w.notes(t)
	words := slices.Sorted(slices.Values(odd))
	for _, s := range words {
		insert(t, c, note{ID: s, Author: s, Text: s, Mail: s})
	}
	for _, s := range words {
		if n := get(t, c, s); n.Text != s || n.ID != s {
			t.Errorf("stored %q, got %q under %q", s, n.Text, n.ID)
		}
		if got := walk(t, c, docdb.Query{Index: "author", Equal: []any{s}, Limit: 2}); !slices.Equal(got, []string{s}) {
			t.Errorf("find by %q: got %q", s, got)
		}
	}
	for _, index := range []string{"author", "mail"} {
		if got := walk(t, c, docdb.Query{Index: index, Limit: 3}); !slices.Equal(got, words) {
			t.Errorf("walk by %s: got %q\nwant %q", index, got, words)
		}
	}
}

func largeDocumentSurvives(t *testing.T, w world) {
	c := w.notes(t)
	text := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	insert(t, c, note{ID: "a", Text: text})
	if _, err := c.Inc(t.Context(), "a", "n", 1, 0); err != nil {
		t.Fatal(err)
	}
	if n := get(t, c, "a"); n.Text != text || n.N != 1 {
		t.Errorf("got %d bytes and n %d, want %d and 1", len(n.Text), n.N, len(text))
	}
	if err := c.Insert(t.Context(), "b", note{Text: strings.Repeat(text, 17)}); err == nil {
		t.Error("a document past MaxBytes: got no error")
	}
}

func scanReturnsEverything(t *testing.T, w world) {
	c := w.notes(t)
	var want []string
	for i := range 1203 {
		want = append(want, number(i))
	}
	if err := c.InsertMany(t.Context(), want, make([]note, len(want))); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := c.Each(t.Context(), func(id string, n note) error {
		if got = append(got, id); n.ID != id {
			return fmt.Errorf("%q holds the id %q", id, n.ID)
		}
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("each gave %d documents, %v; want %d in order", len(got), err, len(want))
	}
	stop := errors.New("enough")
	if err := c.Each(t.Context(), func(string, note) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the error of the function", err)
	}
	docs, err := w.driver.Scan(t.Context(), "notes", want[1199], 10)
	if err != nil || len(docs) != 3 || docs[0].ID != want[1200] || docs[0].Rev != 1 {
		t.Errorf("scan from the middle: got %d documents, %v", len(docs), err)
	}
}

func collectionsAreListed(t *testing.T, w world) {
	w.open(t, schema("empty"))
	a, b := w.open(t, schema("b_notes")), w.open(t, docdb.Schema{Name: "a"})
	insert(t, a, note{ID: "x"})
	insert(t, b, note{ID: "x"}, note{ID: "y"})
	got, err := w.driver.Collections(t.Context())
	slices.Sort(got)
	if want := []string{"a", "b_notes"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func collectionsAreApart(t *testing.T, w world) {
	a, b := w.open(t, schema("a")), w.open(t, schema("ab"))
	insert(t, a, note{ID: "x", Author: "ann", Mail: "m", N: 1})
	insert(t, b, note{ID: "x", Author: "ann", Mail: "m", N: 2}, note{ID: "y", Author: "ann"})
	if got := get(t, a, "x").N; got != 1 {
		t.Errorf("got n %d from the other collection", got)
	}
	if got := walk(t, a, docdb.Query{Index: "author", Limit: 5}); !slices.Equal(got, []string{"x"}) {
		t.Errorf("got %v, want only x", got)
	}
}

func pingAnswers(t *testing.T, w world) {
	if err := w.driver.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func badSchemasAreRefused(t *testing.T, w world) {
	for _, s := range []docdb.Schema{
		{},
		{Name: "a\x00b"},
		{Name: "system.users"},
		{Name: "a", Indexes: []docdb.Index{{Name: "x"}}},
		{Name: "a", Indexes: []docdb.Index{{Name: "x", Keys: []string{""}}}},
		{Name: "a", Indexes: []docdb.Index{{Name: "x", Keys: []string{"a..b"}}}},
		{Name: "a", Indexes: []docdb.Index{{Name: "x", Keys: []string{"$a"}}}},
		{Name: "a", Indexes: []docdb.Index{{Name: "x", Keys: []string{"a"}}, {Name: "x", Keys: []string{"b"}}}},
	} {
		if err := w.driver.Open(t.Context(), s); err == nil {
			t.Errorf("%+v: got no error", s)
		}
	}
}

func openingAgainChangesNothing(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", Author: "ann", Mail: "m"})
	c = w.notes(t)
	if got := walk(t, c, docdb.Query{Index: "author", Limit: 5}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("got %v, want a", got)
	}
	if err := c.Insert(t.Context(), "b", note{Mail: "m"}); !errors.As(err, new(docdb.Duplicate)) {
		t.Errorf("got %v, want Duplicate", err)
	}
}
