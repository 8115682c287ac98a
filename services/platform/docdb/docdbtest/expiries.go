package docdbtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"meadow/services/platform/docdb"
)

func expiries() []promise {
	return []promise{
		{"an expired document is hidden from every verb", expiredIsHidden},
		{"a document lives until its very instant", livesUntilItsInstant},
		{"an expired id can be taken anew", expiredIDIsFree},
		{"of many who take an expired id one succeeds", expiredIDIsTakenOnce},
		{"a renewed document lives on", renewedLivesOn},
		{"a document without an expiry stays", withoutExpiryStays},
	}
}

func expiredIsHidden(t *testing.T, w world) {
	c := w.notes(t)
	soon := w.clock.Now().Add(time.Hour)
	insert(t, c, note{ID: "a", Author: "ann", Gone: &soon}, note{ID: "b", Author: "ann"})
	q := docdb.Query{Index: "author", Equal: []any{"ann"}, Limit: 1}
	if got := walk(t, c, q); !slices.Equal(got, []string{"a", "b"}) {
		t.Fatalf("before: got %v", got)
	}
	w.clock.Advance(2 * time.Hour)
	ctx := t.Context()
	_, get := c.Get(ctx, "a")
	_, update := c.Update(ctx, "a", func(*note) error { return nil })
	_, updateIf := c.UpdateIf(ctx, "a", nil, []docdb.Change{{Field: "n", Verb: docdb.Add, Value: 1}})
	_, refused := c.Inc(ctx, "a", "n", -1, 0)
	doc := docdb.Doc{ID: "a", Rev: 2, Body: stamped(t, "a", 2, note{})}
	for verb, err := range map[string]error{
		"get": get, "update": update, "update if": updateIf, "inc": refused,
		"replace": w.driver.Replace(ctx, "notes", 1, doc), "delete": c.Delete(ctx, "a"),
	} {
		if !errors.Is(err, docdb.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", verb, err)
		}
	}
	if many, err := c.GetMany(ctx, []string{"a", "b"}); err != nil || !slices.Equal(ids(many), []string{"b"}) {
		t.Errorf("get many: got %v, %v, want b", ids(many), err)
	}
	if docs, err := w.driver.Get(ctx, "notes", "a", "b"); err != nil || len(docs) != 1 {
		t.Errorf("the driver's get: got %d documents, %v, want one", len(docs), err)
	}
	if docs, _, err := w.driver.Find(ctx, "notes", docdb.Query{Index: "author", Limit: 5}); err != nil || len(docs) != 1 {
		t.Errorf("the driver's find: got %d documents, %v, want one", len(docs), err)
	}
	for _, descending := range []bool{false, true} {
		if q.Descending = descending; !slices.Equal(walk(t, c, q), []string{"b"}) {
			t.Errorf("find: got %v, want b", walk(t, c, q))
		}
	}
	err := c.Each(ctx, func(id string, _ note) error {
		if id == "a" {
			t.Error("each: got the expired document")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func livesUntilItsInstant(t *testing.T, w world) {
	c := w.notes(t)
	at := w.clock.Now().Add(time.Hour)
	insert(t, c, note{ID: "a", Gone: &at})
	w.clock.Advance(time.Hour - time.Millisecond)
	if _, err := c.Inc(t.Context(), "a", "n", 1, 0); err != nil {
		t.Errorf("a millisecond before: %v", err)
	}
	w.clock.Advance(time.Millisecond)
	if _, err := c.Get(t.Context(), "a"); !errors.Is(err, docdb.ErrNotFound) {
		t.Errorf("at its instant: got %v, want ErrNotFound", err)
	}
	if _, err := c.Inc(t.Context(), "a", "n", 1, 0); !errors.Is(err, docdb.ErrNotFound) {
		t.Errorf("inc at its instant: got %v, want ErrNotFound", err)
	}
}

func expiredIDIsFree(t *testing.T, w world) {
	c := w.notes(t)
	soon := w.clock.Now().Add(time.Hour)
	insert(t, c, note{ID: "a", Author: "ann", Mail: "m", N: 1, Gone: &soon})
	if err := c.Insert(t.Context(), "a", note{}); !errors.Is(err, docdb.ErrExists) {
		t.Fatalf("before: got %v, want ErrExists", err)
	}
	w.clock.Advance(2 * time.Hour)
	insert(t, c, note{ID: "a", Author: "bob", Mail: "m", N: 2})
	if n := get(t, c, "a"); n.N != 2 || n.Author != "bob" {
		t.Errorf("got %+v, want the second", n)
	}
	if got := walk(t, c, docdb.Query{Index: "author", Limit: 5}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("the index lists %v, want a once", got)
	}
	if got := walk(t, c, docdb.Query{Index: "author", Equal: []any{"ann"}, Limit: 5}); len(got) != 0 {
		t.Errorf("the index lists %v under what it was, want nothing", got)
	}
}

func expiredIDIsTakenOnce(t *testing.T, w world) {
	c := w.notes(t)
	soon := w.clock.Now().Add(time.Hour)
	insert(t, c, note{ID: "a", Gone: &soon})
	w.clock.Advance(2 * time.Hour)
	won := count(t, 12, func(i int) error { return c.Insert(t.Context(), "a", note{N: int64(i)}) }, docdb.ErrExists)
	if won != 1 {
		t.Errorf("%d took the id, want 1", won)
	}
}

func renewedLivesOn(t *testing.T, w world) {
	c := w.notes(t)
	soon := w.clock.Now().Add(time.Hour)
	insert(t, c, note{ID: "a", Gone: &soon}, note{ID: "b", Gone: &soon})
	later := soon.Add(time.Hour)
	if _, err := c.UpdateIf(t.Context(), "a", nil, []docdb.Change{{Field: "gone", Verb: docdb.Set, Value: later}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Update(t.Context(), "b", func(n *note) error { n.Gone = nil; return nil }); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(90 * time.Minute)
	get(t, c, "a")
	w.clock.Advance(time.Hour)
	if _, err := c.Get(t.Context(), "a"); !errors.Is(err, docdb.ErrNotFound) {
		t.Errorf("after the later instant: got %v, want ErrNotFound", err)
	}
	get(t, c, "b")
}

func withoutExpiryStays(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a"})
	w.clock.Advance(100 * 365 * 24 * time.Hour)
	get(t, c, "a")
}
