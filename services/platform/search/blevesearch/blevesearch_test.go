package blevesearch_test

import (
	"log/slog"
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
	searchtest.Run(t, func(t *testing.T) search.Index { return open(t, t.TempDir()) }, searchtest.Capabilities{
		Stems: true, Symbols: true, Swaps: true, Ties: true, Segments: true,
	})
}

func TestPeopleFindWhatTheyMean(t *testing.T) {
	t.Parallel()
	recall, precision := searchtest.Relevance(t, open(t, t.TempDir()))
	t.Logf("recall %.3f, precision %.3f", recall, precision)
	if recall < 0.95 || precision < 0.95 {
		t.Errorf("got recall %.3f and precision %.3f, want 0.95 of both", recall, precision)
	}
}
