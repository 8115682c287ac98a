package docdbtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

func walks() []promise {
	return []promise{
		{"a walk gives each document once in order, whatever the page size", walkInOrder},
		{"ties come in the order of ids", tiesByID},
		{"equal fixes the first keys", equalFixes},
		{"several free keys sort one after the other", freeKeysSort},
		{"from is included and before is not", rangeIsHalfOpen},
		{"integers sort by value, negative ones first", integersSort},
		{"instants sort by time, old ones first", instantsSort},
		{"bools sort false first", boolsSort},
		{"a text and its beginnings are told apart", beginningsAreApart},
		{"what lacks a key, or holds no scalar there, is not listed", missingIsNotListed},
		{"a cursor stays in place while documents come and go", cursorStays},
		{"a cursor holds when the range moves", cursorHoldsInMovingRange},
		{"a cursor of another walk is refused", foreignCursorIsRefused},
		{"a full last page ends the walk", fullLastPageEnds},
		{"bad queries are refused", badQueriesAreRefused},
		{"a walk during writes shows documents as they are listed", walkDuringWrites},
		{"find gives whole documents as they are now", findGivesWholeDocuments},
	}
}

// scores stores n documents by ann, whose scores are i/3, in no special order.
func scores(t *testing.T, c *docdb.Collection[note], n int) {
	t.Helper()
	for i := range n {
		i = i * 7 % n // n is no multiple of 7
		insert(t, c, note{ID: number(i), Author: "ann", Score: new(int64(i / 3))})
	}
}

func numbers(from, to int) []string {
	out := []string{}
	for i := from; i < to; i++ {
		out = append(out, number(i))
	}
	return out
}

func reversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

func walkInOrder(t *testing.T, w world) {
	c := w.notes(t)
	scores(t, c, 25)
	insert(t, c, note{ID: "x", Author: "ant", Score: new(int64(0))}, note{ID: "y", Author: "an", Score: new(int64(0))})
	for _, limit := range []int{1, 2, 3, 4, 24, 25, 26, 100} {
		q := docdb.Query{Index: "author_score", Equal: []any{"ann"}, Limit: limit}
		if got, want := walk(t, c, q), numbers(0, 25); !slices.Equal(got, want) {
			t.Errorf("pages of %d: got %v\nwant %v", limit, got, want)
		}
		q.Descending = true
		if got, want := walk(t, c, q), reversed(numbers(0, 25)); !slices.Equal(got, want) {
			t.Errorf("descending, pages of %d: got %v\nwant %v", limit, got, want)
		}
	}
}

func tiesByID(t *testing.T, w world) {
	c := w.notes(t)
	for _, id := range []string{"c", "a\x01", "b", "a", "ab", "日", "Z"} {
		insert(t, c, note{ID: id, Author: "ann"})
	}
	want := []string{"Z", "a", "a\x01", "ab", "b", "c", "日"}
	for limit := 1; limit < 4; limit++ {
		q := docdb.Query{Index: "author", Equal: []any{"ann"}, Limit: limit}
		if got := walk(t, c, q); !slices.Equal(got, want) {
			t.Errorf("pages of %d: got %q, want %q", limit, got, want)
		}
		q.Descending = true
		if got := walk(t, c, q); !slices.Equal(got, reversed(want)) {
			t.Errorf("descending, pages of %d: got %q, want %q", limit, got, reversed(want))
		}
	}
}

func equalFixes(t *testing.T, w world) {
	c := w.notes(t)
	for i, author := range []string{"ann", "ann", "bob", "bob", "bo"} {
		insert(t, c, note{ID: number(i), Author: author, Score: new(int64(i % 2))})
	}
	for _, tt := range []struct {
		equal []any
		want  []string
	}{
		{nil, []string{"n0000", "n0001", "n0004", "n0002", "n0003"}},
		{[]any{"bob"}, []string{"n0002", "n0003"}},
		{[]any{"bob", 1}, []string{"n0003"}},
		{[]any{"bob", 2}, []string{}},
		{[]any{"b"}, []string{}},
		{[]any{"bob", "1"}, []string{}},
	} {
		if got := walk(t, c, docdb.Query{Index: "author_score", Equal: tt.equal, Limit: 2}); !slices.Equal(got, tt.want) {
			t.Errorf("equal %v: got %v, want %v", tt.equal, got, tt.want)
		}
	}
}

func freeKeysSort(t *testing.T, w world) {
	c := w.notes(t)
	// Within an author the ids fall as the scores rise, and across them too.
	var want []string
	for i := range 12 {
		id := number(99 - i)
		insert(t, c, note{ID: id, Author: number(i / 6), Score: new(int64(i % 6 / 2))})
		want = append(want, id)
	}
	for i := 0; i < len(want); i += 2 { // but those of one score come by id
		want[i], want[i+1] = want[i+1], want[i]
	}
	for _, limit := range []int{1, 2, 5} {
		if got := walk(t, c, docdb.Query{Index: "author_score", Limit: limit}); !slices.Equal(got, want) {
			t.Errorf("pages of %d: got %v\nwant %v", limit, got, want)
		}
		if got := walk(t, c, docdb.Query{Index: "author_score", Limit: limit, Descending: true}); !slices.Equal(got, reversed(want)) {
			t.Errorf("descending, pages of %d: got %v\nwant %v", limit, got, reversed(want))
		}
	}
}

func rangeIsHalfOpen(t *testing.T, w world) {
	c := w.notes(t)
	scores(t, c, 30) // scores 0 to 9, three each
	for _, tt := range []struct {
		from, before any
		want         []string
	}{
		{2, 4, numbers(6, 12)}, {nil, 1, numbers(0, 3)}, {9, nil, numbers(27, 30)}, {4, 4, nil}, {5, 3, nil}, {-5, 100, numbers(0, 30)}, {10, nil, nil},
	} {
		for _, descending := range []bool{false, true} {
			want := tt.want
			if descending {
				want = reversed(want)
			}
			q := docdb.Query{Index: "author_score", Equal: []any{"ann"}, From: tt.from, Before: tt.before, Descending: descending, Limit: 4}
			if got := walk(t, c, q); !slices.Equal(got, want) {
				t.Errorf("[%v, %v) descending %v: got %v, want %v", tt.from, tt.before, descending, got, want)
			}
		}
	}
	if got := walk(t, c, docdb.Query{Index: "author_score", From: "a", Before: "ann", Limit: 4}); len(got) != 0 {
		t.Errorf("before the first key's value: got %v", got)
	}
	if got := walk(t, c, docdb.Query{Index: "author_score", From: "ann", Before: "ann\x01", Limit: 4}); len(got) != 30 {
		t.Errorf("from the first key's value: got %v", got)
	}
}

func integersSort(t *testing.T, w world) {
	c := w.notes(t)
	values := []int64{-1 << 63, -1 << 32, -257, -256, -1, 0, 1, 255, 256, 1 << 31, 1<<63 - 1}
	for i := range values {
		i = i * 3 % len(values)
		insert(t, c, note{ID: number(i), Author: "ann", Score: new(values[i])})
	}
	q := docdb.Query{Index: "author_score", Equal: []any{"ann"}, Limit: 2}
	if got, want := walk(t, c, q), numbers(0, len(values)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	q.From, q.Before = -256, 1
	if got, want := walk(t, c, q), numbers(3, 6); !slices.Equal(got, want) {
		t.Errorf("[-256, 1): got %v, want %v", got, want)
	}
}

func instantsSort(t *testing.T, w world) {
	c := w.notes(t)
	day := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	times := []time.Time{day.AddDate(-100, 0, 0), day.Add(-time.Millisecond), day, day.Add(time.Millisecond), day.AddDate(56, 0, 0), day.AddDate(500, 0, 0)}
	for i := range times {
		i = i * 5 % len(times)
		insert(t, c, note{ID: number(i), Author: "ann", At: &times[i]})
	}
	q := docdb.Query{Index: "author_at", Equal: []any{"ann"}, Limit: 2}
	if got, want := walk(t, c, q), numbers(0, len(times)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	q.From, q.Before, q.Descending = times[1], times[4], true
	if got, want := walk(t, c, q), reversed(numbers(1, 4)); !slices.Equal(got, want) {
		t.Errorf("between: got %v, want %v", got, want)
	}
}

func boolsSort(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", Author: "x", Pinned: new(true)}, note{ID: "b", Author: "x", Pinned: new(false)}, note{ID: "c", Author: "w", Pinned: new(true)})
	if got, want := walk(t, c, docdb.Query{Index: "pinned", Limit: 1}), []string{"b", "c", "a"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := walk(t, c, docdb.Query{Index: "pinned", Equal: []any{true}, From: "x", Limit: 1}), []string{"a"}; !slices.Equal(got, want) {
		t.Errorf("pinned from x: got %v, want %v", got, want)
	}
}

func beginningsAreApart(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "1", Author: "a", Slug: "bc"}, note{ID: "2", Author: "ab", Slug: "c"}, note{ID: "3", Author: "a", Slug: "b"}, note{ID: "4", Author: "a\x01", Slug: "b"})
	for author, want := range map[string][]string{"a": {"3", "1"}, "ab": {"2"}, "a\x01": {"4"}} {
		if got := walk(t, c, docdb.Query{Index: "slug", Equal: []any{author}, Limit: 1}); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", author, got, want)
		}
	}
}

func missingIsNotListed(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", Author: "ann", Score: new(int64(1))}, note{ID: "b", Author: "ann"}, note{ID: "c", Score: new(int64(1))}, note{ID: "d"})
	for id, v := range map[string]any{"null": bson.Null{}, "a document": hold{}, "bytes": []byte("x")} {
		if _, err := w.driver.UpdateIf(t.Context(), "notes", "b", nil, []docdb.Change{{Field: "score", Verb: docdb.Set, Value: v}}); err != nil {
			t.Fatal(err)
		}
		for _, descending := range []bool{false, true} {
			q := docdb.Query{Index: "author_score", Limit: 1, Descending: descending}
			docs, next, err := w.driver.Find(t.Context(), "notes", q)
			if err != nil || len(docs) != 1 || docs[0].ID != "a" || next != "" {
				t.Errorf("%s in an index: got %d documents, %v", id, len(docs), err)
			}
		}
	}
}

func cursorStays(t *testing.T, w world) {
	for _, descending := range []bool{false, true} {
		name := "up"
		if descending {
			name = "down"
		}
		c := w.open(t, schema(name))
		scores(t, c, 12)
		q := docdb.Query{Index: "author_score", Equal: []any{"ann"}, Descending: descending, Limit: 5}
		p, err := c.Find(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got := ids(p.Items)
		last := got[len(got)-1]
		// Before, after, beside; and the very document the cursor stands on goes.
		insert(t, c, note{ID: "new-low", Author: "ann", Score: new(int64(-1))}, note{ID: "new-high", Author: "ann", Score: new(int64(99))})
		if err := c.Delete(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		q.After = p.Next
		got = append(got, walk(t, c, q)...)
		want := append(numbers(0, 12), "new-high")
		if descending {
			want = append(reversed(numbers(0, 12)), "new-low")
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v\nwant %v", name, got, want)
		}
	}
}

func cursorHoldsInMovingRange(t *testing.T, w world) {
	c := w.notes(t)
	scores(t, c, 30)
	q := docdb.Query{Index: "author_score", Equal: []any{"ann"}, Before: 8, Descending: true, Limit: 6}
	p, err := c.Find(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	q.Before, q.After = 9, p.Next // the range grew meanwhile
	if got, want := walk(t, c, q), reversed(numbers(0, 18)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	q.Before = 2 // the cursor is outside now
	if got, want := walk(t, c, q), reversed(numbers(0, 6)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func foreignCursorIsRefused(t *testing.T, w world) {
	c := w.notes(t)
	scores(t, c, 9)
	insert(t, c, note{ID: "b", Author: "bob", Score: new(int64(1))}, note{ID: "m1", Mail: "1"}, note{ID: "m2", Mail: "2"})
	q := docdb.Query{Index: "author_score", Equal: []any{"ann"}, Limit: 3}
	p, err := c.Find(t.Context(), q)
	if err != nil || p.Next == "" {
		t.Fatal(err)
	}
	good := string(p.Next)
	refuse := func(what string, q docdb.Query) {
		t.Helper()
		if p, err := c.Find(t.Context(), q); !errors.Is(err, page.ErrCursor) {
			t.Errorf("%s: got %v, %v, want ErrCursor", what, ids(p.Items), err)
		}
	}
	for _, bad := range []string{"x", "%%%", "AAAA", "AAAAAAAAAAAAAAAAAAAA", good + "A", good[:len(good)-2], "A" + good[1:], good[:len(good)/2] + "____" + good[len(good)/2:], strings.Repeat("A", 5000)} {
		q.After = page.Cursor(bad)
		refuse(bad, q)
	}
	other := func(change func(*docdb.Query)) docdb.Query {
		o := docdb.Query{Index: "author_score", Equal: []any{"ann"}, Limit: 3, After: page.Cursor(good)}
		change(&o)
		return o
	}
	refuse("of another equal", other(func(o *docdb.Query) { o.Equal = []any{"bob"} }))
	refuse("of a longer equal", other(func(o *docdb.Query) { o.Equal = []any{"ann", 1} }))
	refuse("of another direction", other(func(o *docdb.Query) { o.Descending = true }))
	refuse("of another index", other(func(o *docdb.Query) { o.Index = "author_at" }))
	refuse("of a unique index", other(func(o *docdb.Query) { o.Index, o.Equal = "mail", nil }))
	if got := walk(t, c, other(func(*docdb.Query) {})); !slices.Equal(got, numbers(3, 9)) {
		t.Errorf("its own: got %v", got)
	}
	other1 := w.open(t, schema("others"))
	if _, err := other1.Find(t.Context(), other(func(*docdb.Query) {})); !errors.Is(err, page.ErrCursor) {
		t.Errorf("of another collection: got %v, want ErrCursor", err)
	}
}

func fullLastPageEnds(t *testing.T, w world) {
	c := w.notes(t)
	scores(t, c, 6)
	q := docdb.Query{Index: "author_score", Equal: []any{"ann"}, Limit: 3}
	p, err := c.Find(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	q.After = p.Next
	if p, err = c.Find(t.Context(), q); err != nil || p.Next != "" || len(p.Items) != 3 {
		t.Errorf("got %d items and next %q, %v, want 3 and the end", len(p.Items), p.Next, err)
	}
}

func badQueriesAreRefused(t *testing.T, w world) {
	c := w.notes(t)
	for what, q := range map[string]docdb.Query{
		"no limit":          {Index: "author"},
		"an unknown index":  {Index: "nope", Limit: 1},
		"too many values":   {Index: "author", Equal: []any{"a", "b"}, Limit: 1},
		"a range past keys": {Index: "author", Equal: []any{"a"}, From: "b", Limit: 1},
		"an operator":       {Index: "author", Equal: []any{map[string]any{"$gt": ""}}, Limit: 1},
		"no value":          {Index: "author", Equal: []any{nil}, Limit: 1},
		"an odd bound":      {Index: "author", From: 1.5, Limit: 1},
	} {
		if _, err := c.Find(t.Context(), q); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
}

func findGivesWholeDocuments(t *testing.T, w world) {
	c := w.notes(t)
	insert(t, c, note{ID: "a", Author: "ann", N: 4, Text: "t", Tags: []string{"x"}})
	if _, err := c.Inc(t.Context(), "a", "n", 1, 0); err != nil {
		t.Fatal(err)
	}
	docs, next, err := w.driver.Find(t.Context(), "notes", docdb.Query{Index: "author", Limit: 3})
	if err != nil || next != "" || len(docs) != 1 {
		t.Fatalf("got %d documents, %v", len(docs), err)
	}
	want, err := w.driver.Get(t.Context(), "notes", "a")
	if err != nil || docs[0].ID != "a" || docs[0].Rev != 2 || string(docs[0].Body) != string(want[0].Body) {
		t.Errorf("got %v, want %v (%v)", docs[0], want, err)
	}
}

func walkDuringWrites(t *testing.T, w world) {
	c := w.notes(t)
	const moving = 6
	for i := range moving {
		insert(t, c, note{ID: number(i), Author: "ann"})
	}
	count(t, moving+2, func(i int) error {
		for round := range 20 {
			if i < moving { // moves from one author to the other and back
				author := []string{"bob", "ann"}[round%2]
				if _, err := c.UpdateIf(t.Context(), number(i), nil, []docdb.Change{{Field: "author", Verb: docdb.Set, Value: author}}); err != nil {
					return err
				}
				continue
			}
			p, err := c.Find(t.Context(), docdb.Query{Index: "author", Equal: []any{"ann"}, Limit: moving + 1})
			if err != nil {
				return err
			}
			for _, n := range p.Items {
				if n.Author != "ann" {
					return fmt.Errorf("%s by %q is listed under ann", n.ID, n.Author)
				}
			}
		}
		return nil
	})
	if got := walk(t, c, docdb.Query{Index: "author", Equal: []any{"ann"}, Limit: 4}); len(got) != moving {
		t.Errorf("at the end ann has %v, want all %d", got, moving)
	}
}
