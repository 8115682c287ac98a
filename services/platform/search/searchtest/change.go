package searchtest

import (
	"context"
	"errors"
	"fmt"
	stdsync "sync"
	"testing"

	"meadow/services/platform/search"
)

func id(n int) string { return fmt.Sprintf("pst_%04d", n) }

func (s suite) replaces(t *testing.T) {
	ix := s.with(t, search.Doc{ID: "x", Kind: "post", Title: "First words", Facets: []string{"a:1"}, Body: "甲"})
	put(t, ix, search.Doc{ID: "x", Kind: "product", Title: "Second thoughts", Facets: []string{"a:2"}})
	finds(t, ix, text("first"))
	finds(t, ix, text("甲"))
	finds(t, ix, text("second"), "x")
	finds(t, ix, search.Query{Facets: []string{"a:1"}})
	finds(t, ix, search.Query{Facets: []string{"a:2"}, Kind: "product"}, "x")

	// Twice in one call, the last counts.
	put(t, ix, doc("y", "Earlier"), doc("y", "Later"))
	finds(t, ix, text("earlier"))
	finds(t, ix, text("later"), "y")
}

func (s suite) deletes(t *testing.T) {
	ix := s.with(t, doc("a", "Plum wine"), doc("b", "Plum tree"), doc("c", "Plum cake"))
	if err := ix.Delete(t.Context(), "a", "absent", "c"); err != nil {
		t.Fatal(err)
	}
	sync(t, ix)
	finds(t, ix, text("plum"), "b")
	if err := ix.Delete(t.Context()); err != nil {
		t.Errorf("deleting nothing: %v", err)
	}
	if err := ix.Put(t.Context()); err != nil {
		t.Errorf("putting nothing: %v", err)
	}
}

func (s suite) clears(t *testing.T) {
	ix := s.with(t, doc("a", "Old news"), doc("b", "Older news"))
	if err := ix.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	sync(t, ix)
	finds(t, ix, text("news"))
	finds(t, ix, text(""))
	put(t, ix, doc("c", "Fresh news"))
	finds(t, ix, text("news"), "c")
}

func (s suite) built(t *testing.T) {
	ix := s.open(t)
	if !ix.NeedsRebuild() {
		t.Error("an empty index claims to be whole")
	}
	put(t, ix, doc("a", "One of many"))
	if !ix.NeedsRebuild() {
		t.Error("one document passed for all")
	}
	if err := ix.MarkBuilt(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ix.NeedsRebuild() {
		t.Error("a whole index wants a rebuild")
	}
	finds(t, ix, text(""), "a") // the mark is no document
	if err := ix.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !ix.NeedsRebuild() {
		t.Error("a cleared index claims to be whole")
	}
}

func (s suite) ping(t *testing.T) {
	ix := s.open(t)
	if err := ix.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func (s suite) context(t *testing.T) {
	ix := s.with(t, doc("a", "Anything"))
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := ix.Find(ended, text("anything")); !errors.Is(err, context.Canceled) {
		t.Errorf("find: got %v, want %v", err, context.Canceled)
	}
	if err := ix.Put(ended, doc("b", "Something")); !errors.Is(err, context.Canceled) {
		t.Errorf("put: got %v, want %v", err, context.Canceled)
	}
	if err := ix.Clear(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("clear: got %v, want %v", err, context.Canceled)
	}
	finds(t, ix, text(""), "a")
}

func (s suite) concurrent(t *testing.T) {
	ix := s.with(t, doc("stays", "Mulberry 桑葚"))
	const writers, each = 4, 10
	var all stdsync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				d := doc(fmt.Sprintf("w%d-%d", w, i), "Mulberry leaf")
				if err := ix.Put(t.Context(), d); err != nil {
					t.Errorf("put: %v", err)
				}
				if i%2 == 1 {
					if err := ix.Delete(t.Context(), d.ID); err != nil {
						t.Errorf("delete: %v", err)
					}
				}
			}
		})
		all.Go(func() {
			for range each {
				r, err := ix.Find(t.Context(), search.Query{Text: "桑葚", Count: []string{"a"}})
				if err != nil || len(r.Hits) != 1 {
					t.Errorf("find: got %d hits, %v", len(r.Hits), err)
				}
			}
		})
	}
	all.Wait()
	sync(t, ix)
	if r := find(t, ix, search.Query{Text: "leaf", Limit: 100}); len(r.Hits) != writers*each/2 {
		t.Errorf("got %d, want %d", len(r.Hits), writers*each/2)
	}
}
