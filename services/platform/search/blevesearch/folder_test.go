package blevesearch_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"meadow/services/platform/search"
	"meadow/services/platform/search/blevesearch"
)

func put(t *testing.T, ix *blevesearch.Index, docs ...search.Doc) {
	t.Helper()
	if err := ix.Put(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
}

func found(t *testing.T, ix *blevesearch.Index, text string) int {
	t.Helper()
	r, err := ix.Find(t.Context(), search.Query{Text: text, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return len(r.Hits)
}

func shut(t *testing.T, ix *blevesearch.Index) {
	t.Helper()
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
}

func shelf(n int) []search.Doc {
	docs := make([]search.Doc, n)
	for i := range docs {
		docs[i] = search.Doc{
			ID: fmt.Sprintf("pst_%05d", i), Kind: "post", Rank: int64(i),
			Title:  fmt.Sprintf("Apricot jam no %d 杏子酱 %d号", i, i),
			Body:   "A slow afternoon in the kitchen with fruit from the garden. 从园子里摘来的杏子，慢慢熬一个下午。",
			Facets: []string{"category:food", fmt.Sprintf("author:%d", i%50)},
		}
	}
	return docs
}

func TestAnIndexIsToBeRebuiltUntilSomebodySaysItWas(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ix := open(t, dir)
	if !ix.NeedsRebuild() {
		t.Error("a new index claims to be whole")
	}
	put(t, ix, shelf(3)...)
	shut(t, ix)

	ix = open(t, dir) // the rebuild was cut short
	if !ix.NeedsRebuild() {
		t.Error("half a rebuild passed for a whole one")
	}
	if err := ix.MarkBuilt(t.Context()); err != nil {
		t.Fatal(err)
	}
	shut(t, ix)

	ix = open(t, dir)
	if ix.NeedsRebuild() {
		t.Error("a whole index wants a rebuild")
	}
	if n := found(t, ix, "apricot"); n != 3 {
		t.Errorf("found %d after opening again, want 3", n)
	}
	if err := ix.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !ix.NeedsRebuild() {
		t.Error("an empty index claims to be whole")
	}
}

func TestADamagedIndexIsDroppedAndAsksToBeRebuilt(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, path string){
		"cut short":   func(t *testing.T, path string) { must(t, os.Truncate(path, 10)) },
		"emptied":     func(t *testing.T, path string) { must(t, os.Truncate(path, 0)) },
		"removed":     func(t *testing.T, path string) { must(t, os.Remove(path)) },
		"overwritten": func(t *testing.T, path string) { must(t, os.WriteFile(path, make([]byte, 9000), 0o600)) },
	} {
		for _, file := range []string{"index_meta.json", "store/root.bolt", "store/*.zap"} {
			t.Run(name+" "+filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				ix := open(t, dir)
				put(t, ix, shelf(20)...)
				must(t, ix.MarkBuilt(t.Context()))
				shut(t, ix)

				paths, err := filepath.Glob(filepath.Join(dir, "bleve", file))
				if err != nil || len(paths) == 0 {
					t.Fatalf("%s: %v, %v", file, paths, err)
				}
				for _, p := range paths {
					damage(t, p)
				}
				ix = open(t, dir)
				if !ix.NeedsRebuild() {
					t.Error("a damaged index claims to be whole")
				}
				must(t, ix.Clear(t.Context()))
				put(t, ix, shelf(20)...)
				if n := found(t, ix, "杏子"); n != 20 {
					t.Errorf("found %d after a rebuild, want 20", n)
				}
			})
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFolderInUseIsNotTakenForADamagedOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ix := open(t, dir)
	put(t, ix, shelf(1)...)
	other, err := blevesearch.Open(dir, slog.New(slog.DiscardHandler))
	if !errors.Is(err, blevesearch.ErrInUse) {
		t.Fatalf("got %v, %v, want %v", other, err, blevesearch.ErrInUse)
	}
	if n := found(t, ix, "apricot"); n != 1 {
		t.Errorf("found %d, want 1: the folder was taken away", n)
	}
}

// Not parallel: it weighs the whole process.
func TestAnIdleIndexIsLight(t *testing.T) {
	const budget = 20 << 20
	weigh := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	dir := t.TempDir()
	ix := open(t, dir)
	put(t, ix, shelf(5000)...)
	shut(t, ix)
	before := weigh()
	ix = open(t, dir)
	if n := found(t, ix, "apricot"); n != 100 {
		t.Fatalf("found %d", n)
	}
	grown := max(weigh(), before) - before
	t.Logf("5,000 documents weigh %.1f MB of heap", float64(grown)/(1<<20))
	if grown > budget {
		t.Errorf("got %d bytes, want at most %d", grown, budget)
	}
	runtime.KeepAlive(ix)
}

func BenchmarkFind(b *testing.B) {
	ix, err := blevesearch.Open(b.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = ix.Close() })
	if err := ix.Put(b.Context(), shelf(20_000)...); err != nil {
		b.Fatal(err)
	}
	for name, q := range map[string]search.Query{
		"word":   {Text: "kitchen"},
		"han":    {Text: "杏子酱"},
		"typo":   {Text: "kitchne 9999"},
		"facets": {Text: "kitchen", Facets: []string{"category:food"}, Count: []string{"author"}},
		"browse": {Facets: []string{"author:7"}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ix.Find(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
