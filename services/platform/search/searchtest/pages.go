package searchtest

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/platform/search"
)

// walk reads every page and returns all ids.
func walk(t *testing.T, ix search.Index, q search.Query) []string {
	t.Helper()
	var out []string
	for range 100 {
		r := find(t, ix, q)
		if len(r.Hits) > q.Limit {
			t.Fatalf("a page of %d, want at most %d", len(r.Hits), q.Limit)
		}
		out = append(out, ids(r)...)
		if r.Next == "" {
			return out
		}
		if len(r.Hits) == 0 {
			t.Fatal("an empty page with a next one")
		}
		q.After = r.Next
	}
	t.Fatal("pages without end")
	return nil
}

func many(n int) []search.Doc {
	titles := []string{"Peony 牡丹", "Peony garden 牡丹园", "A walk", "Peony peony tea 茶"}
	docs := make([]search.Doc, n)
	for i := range docs {
		docs[i] = search.Doc{ID: id(i), Kind: "post", Title: titles[i%len(titles)], Body: "peony 牡丹", Rank: int64(i % 7)}
	}
	return docs
}

func (s suite) pages(t *testing.T) {
	docs := many(57)
	ix := s.with(t, docs[:30]...)
	put(t, ix, docs[30:]...)
	for _, q := range []search.Query{
		{Text: "peony", Limit: 10}, {Text: "牡丹", Limit: 7}, {Text: "peony 牡丹", Limit: 57}, {Text: "peony", Limit: 1, Kind: "post"},
		{Text: "peoni", Limit: 19},
	} {
		got := walk(t, ix, q)
		seen := slices.Compact(slices.Sorted(slices.Values(got)))
		if len(got) != len(docs) || len(seen) != len(docs) {
			t.Errorf("%+v: got %d answers, %d different, want %d", q, len(got), len(seen), len(docs))
		}
		again := walk(t, ix, q)
		if d := cmp.Diff(got, again); d != "" {
			t.Errorf("%+v comes in another order the second time: %s", q, d)
		}
	}
	if r := find(t, ix, search.Query{Text: "peony", Limit: 1000}); len(r.Hits) != len(docs) {
		t.Errorf("got %d, want %d", len(r.Hits), len(docs))
	}
	if r := find(t, ix, search.Query{Text: "peony"}); len(r.Hits) != 20 || r.Next == "" {
		t.Errorf("without a limit: got %d", len(r.Hits))
	}
}

func (s suite) pagesOfAll(t *testing.T) {
	ix := s.with(t, many(45)...)
	rank := map[string]int64{}
	for _, d := range many(45) {
		rank[d.ID] = d.Rank
	}
	got := walk(t, ix, search.Query{Limit: 8})
	if len(slices.Compact(slices.Sorted(slices.Values(got)))) != 45 {
		t.Errorf("got %v", got)
	}
	if !slices.IsSortedFunc(got, func(a, b string) int { return int(rank[b] - rank[a]) }) {
		t.Errorf("not by rank: %v", got)
	}
}

func (s suite) foreignCursor(t *testing.T) {
	ix := s.with(t, many(10)...)
	next := find(t, ix, search.Query{Text: "peony", Limit: 2}).Next
	if next == "" {
		t.Fatal("no next page")
	}
	for _, q := range []search.Query{
		{Text: "牡丹", After: next},
		{After: next},
		{Text: "peony", Kind: "post", After: next},
		{Text: "peony", After: "x" + next},
		{Text: "peony", After: "AAAA"},
		{Text: "peony", After: "%%%"},
	} {
		if _, err := ix.Find(t.Context(), q); !errors.Is(err, search.ErrQuery) {
			t.Errorf("%+v: got %v, want %v", q, err, search.ErrQuery)
		}
	}
	// The page may grow on the way.
	r := find(t, ix, search.Query{Text: "peony", Limit: 5, After: next})
	if len(r.Hits) != 5 {
		t.Errorf("got %d, want 5", len(r.Hits))
	}
}
