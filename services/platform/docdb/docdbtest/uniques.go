package docdbtest

import (
	"errors"
	"slices"
	"testing"

	"meadow/services/platform/docdb"
)

func uniques() []promise {
	return []promise{
		{"a unique index refuses by name", uniqueRefusesByName},
		{"a document without a key is outside the unique index", outsideUnique},
		{"a compound unique index looks at all its keys", compoundUnique},
		{"of many takers of a unique key one succeeds", oneTakerWins},
		{"a unique key can be handed on", uniqueIsHandedOn},
		{"replace is refused by a unique index", replaceIsRefused},
		{"an index added later lists what is there", addedIndexLists},
		{"an index that changes is built anew", changedIndexIsRebuilt},
		{"a unique index cannot be added over duplicates", addedUniqueRefuses},
	}
}

func wantDuplicate(t *testing.T, err error, index string) {
	t.Helper()
	if dup, ok := errors.AsType[docdb.Duplicate](err); !ok || dup.Index != index {
		t.Errorf("got %v, want Duplicate of %s", err, index)
	}
}

func uniqueRefusesByName(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", Author: "ann", Slug: "s", Mail: "m"})
	wantDuplicate(t, c.Insert(t.Context(), "b", note{Author: "ann", Slug: "s"}), "slug")
	wantDuplicate(t, c.Insert(t.Context(), "b", note{Mail: "m"}), "mail")
	if _, err := c.Get(t.Context(), "b"); !errors.Is(err, docdb.ErrNotFound) {
		t.Errorf("the refused document: got %v, want ErrNotFound", err)
	}
	if err := c.Insert(t.Context(), "a", note{Mail: "m"}); !errors.Is(err, docdb.ErrExists) && !errors.As(err, new(docdb.Duplicate)) {
		t.Errorf("both taken: got %v", err)
	}
}

func outsideUnique(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a"}, note{ID: "b"}, note{ID: "c", Author: "ann"}, note{ID: "d", Author: "ann"}, note{ID: "e", Slug: "s"}, note{ID: "f", Slug: "s"})
	if got := walk(t, c, docdb.Query{Index: "slug", Limit: 5}); len(got) != 0 {
		t.Errorf("the index lists %v, want nothing", got)
	}
}

func compoundUnique(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", Author: "ann", Slug: "s"}, note{ID: "b", Author: "bob", Slug: "s"}, note{ID: "c", Author: "ann", Slug: "t"},
		note{ID: "d", Author: "an", Slug: "ns"}) // not the same as ann, s
	if got := walk(t, c, docdb.Query{Index: "slug", Equal: []any{"ann", "t"}, Limit: 1}); !slices.Equal(got, []string{"c"}) {
		t.Errorf("got %v, want c", got)
	}
}

func oneTakerWins(t *testing.T, w world) {
	c := w.notes(t)
	const takers, keys = 8, 60
	id := func(taker, key int) string { return number(taker*keys + key) }
	there := numbers(0, takers/2*keys) // those of the first half exist already
	if err := c.InsertMany(t.Context(), there, make([]note, len(there))); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	for k := range keys {
		won := count(t, takers, func(i int) error {
			var err error
			if i < takers/2 {
				_, err = c.UpdateIf(t.Context(), id(i, k), nil, []docdb.Change{{Field: "mail", Verb: docdb.Set, Value: number(k)}})
			} else {
				err = c.Insert(t.Context(), id(i, k), note{Mail: number(k)})
			}
			if _, ok := errors.AsType[docdb.Duplicate](err); ok {
				return refused
			}
			return err
		}, refused)
		if won != 1 {
			t.Errorf("key %d was taken %d times", k, won)
		}
	}
}

func uniqueIsHandedOn(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", Mail: "m"}, note{ID: "b"})
	for range 3 { // a → b → a …
		for _, hand := range [][2]string{{"a", "b"}, {"b", "a"}} {
			if _, err := c.Update(t.Context(), hand[0], func(n *note) error { n.Mail = ""; return nil }); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Update(t.Context(), hand[1], func(n *note) error { n.Mail = "m"; return nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := walk(t, c, docdb.Query{Index: "mail", Limit: 5}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("got %v, want a", got)
	}
}

func replaceIsRefused(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", Mail: "m"}, note{ID: "b", Mail: "k", N: 1})
	_, err := c.Update(t.Context(), "b", func(n *note) error { n.Mail, n.N = "m", 2; return nil })
	wantDuplicate(t, err, "mail")
	if n := get(t, c, "b"); n.Mail != "k" || n.N != 1 {
		t.Errorf("the refused replacement was stored: %+v", n)
	}
	if _, err := c.Update(t.Context(), "a", func(n *note) error { n.N = 5; return nil }); err != nil {
		t.Errorf("keeping its own key: %v", err)
	}
}

func addedIndexLists(t *testing.T, w world) {
	bare := docdb.Schema{Name: "later"}
	c := w.open(t, bare)
	for i := range 50 {
		n := note{ID: number(i), Author: "ann", Mail: number(i)}
		if i%2 == 0 {
			n.Author = ""
		}
		insert(t, c, n)
	}
	if _, err := c.Find(t.Context(), docdb.Query{Index: "author", Limit: 5}); err == nil {
		t.Error("find by an index that is not declared: got no error")
	}
	c = w.open(t, schema("later"))
	if got := walk(t, c, docdb.Query{Index: "author", Limit: 7}); len(got) != 25 {
		t.Errorf("the added index lists %d, want 25", len(got))
	}
	wantDuplicate(t, c.Insert(t.Context(), "x", note{Mail: number(7)}), "mail")
	insert(t, c, note{ID: "y", Author: "ann"})
	if got := walk(t, c, docdb.Query{Index: "author", Limit: 7}); len(got) != 26 {
		t.Errorf("the added index lists %d, want 26", len(got))
	}
}

func changedIndexIsRebuilt(t *testing.T, w world) {
	c := w.open(t, docdb.Schema{Name: "turn", Indexes: []docdb.Index{{Name: "x", Keys: []string{"author"}}}})
	insert(t, c, note{ID: "a", Author: "ann", Slug: "1"}, note{ID: "b", Author: "bob"})
	c = w.open(t, docdb.Schema{Name: "turn", Indexes: []docdb.Index{{Name: "x", Keys: []string{"slug"}, Unique: true}}})
	if got := walk(t, c, docdb.Query{Index: "x", Limit: 5}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("got %v, want what has the new key", got)
	}
	wantDuplicate(t, c.Insert(t.Context(), "c", note{Slug: "1"}), "x")
}

func addedUniqueRefuses(t *testing.T, w world) {
	c := w.open(t, docdb.Schema{Name: "dup"})
	insert(t, c, note{ID: "a", Mail: "m"}, note{ID: "b", Mail: "m"})
	wantDuplicate(t, w.driver.Open(t.Context(), schema("dup")), "mail")
	insert(t, c, note{ID: "c", Mail: "m"}) // it goes on as it was
}
