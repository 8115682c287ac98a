package blevesearch_test

import (
	"log/slog"
	"strings"
	"testing"

	"meadow/services/platform/search"
	"meadow/services/platform/search/blevesearch"
	"meadow/services/platform/search/searchtest"
)

func open(t *testing.T, dir string) *blevesearch.Index {
	t.Helper()
	ix, err := blevesearch.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ix.Close() })
	return ix
}

func TestBleveKeepsThePromisesOfSearch(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, func(t *testing.T) search.Rebuildable { return open(t, t.TempDir()) }, searchtest.Capabilities{
		Stems: true, Symbols: true, Swaps: true, Ties: true, Segments: true, Begun: true,
	})
}

func TestPeopleFindWhatTheyMean(t *testing.T) {
	t.Parallel()
	ix := open(t, t.TempDir())
	for what, measure := range map[string]func(*testing.T, search.Index) (float64, float64){
		"as written": searchtest.Relevance, "by sound": searchtest.Sounding,
	} {
		recall, precision := measure(t, ix)
		t.Logf("%s: recall %.3f, precision %.3f", what, recall, precision)
		if recall < 0.95 || precision < 0.95 {
			t.Errorf("%s: got recall %.3f and precision %.3f, want 0.95 of both", what, recall, precision)
		}
	}
}

func TestCharactersFarApartAreNotAWord(t *testing.T) {
	t.Parallel()
	ix := open(t, t.TempDir())
	put(t, ix,
		search.Doc{ID: "meant", Title: "耳机怎么选：主动降噪横评"},
		search.Doc{ID: "far", Title: "降噪做得好的机房，耳朵很舒服"},
	)
	r, err := ix.Find(t.Context(), search.Query{Text: "降噪耳机"})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Hits) != 1 || r.Hits[0].ID != "meant" {
		t.Errorf("got %v, want the one that means it", r.Hits)
	}
}

func TestAnswersThatAreAboutAsGoodComeByRank(t *testing.T) {
	t.Parallel()
	ix := open(t, t.TempDir())
	words := strings.Repeat("plain words around it ", 10)
	put(t, ix,
		search.Doc{ID: "shorter", Title: "A shirt", Body: "linen " + words, Rank: 1},
		search.Doc{ID: "popular", Title: "A shirt", Body: "linen " + words + "and one", Rank: 2},
	)
	r, err := ix.Find(t.Context(), search.Query{Text: "linen"})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Hits) != 2 || r.Hits[0].ID != "popular" {
		t.Errorf("got %v, want the popular one first", r.Hits)
	}
}
