package searchtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/platform/search"
)

func (s suite) facets(t *testing.T) {
	ix := s.with(t,
		search.Doc{ID: "1", Kind: "product", Title: "Rose soap", Facets: []string{"category:beauty", "brand:Lin", "price:low"}},
		search.Doc{ID: "2", Kind: "product", Title: "Mint soap", Facets: []string{"category:beauty", "brand:lin"}},
		search.Doc{ID: "3", Kind: "product", Title: "Soap dish", Facets: []string{"category:home", "brand:Lin"}},
		search.Doc{ID: "4", Kind: "post", Title: "Soap making", Facets: []string{"category:beauty care", "categoryx:beauty"}},
	)
	finds(t, ix, search.Query{Text: "soap", Facets: []string{"category:beauty"}}, "1", "2")
	finds(t, ix, search.Query{Facets: []string{"category:beauty"}}, "1", "2")
	finds(t, ix, search.Query{Facets: []string{"brand:Lin"}}, "1", "3")
	finds(t, ix, search.Query{Text: "soap", Facets: []string{"category:beauty", "brand:Lin"}}, "1")
	finds(t, ix, search.Query{Text: "soap", Facets: []string{"category:beauty", "category:home"}})
	finds(t, ix, search.Query{Facets: []string{"category"}})

	r := find(t, ix, search.Query{Text: "soap", Count: []string{"category", "brand", "colour"}, Limit: 1})
	want := map[string]map[string]int{
		"category": {"beauty": 2, "home": 1, "beauty care": 1},
		"brand":    {"Lin": 2, "lin": 1},
		"colour":   {},
	}
	if d := cmp.Diff(want, r.Counts); d != "" {
		t.Errorf("counts (-want +got): %s", d)
	}
	r = find(t, ix, search.Query{Facets: []string{"category:beauty"}, Kind: "product", Count: []string{"brand"}})
	if d := cmp.Diff(map[string]map[string]int{"brand": {"Lin": 1, "lin": 1}}, r.Counts); d != "" {
		t.Errorf("counts within a filter (-want +got): %s", d)
	}
	if r := find(t, ix, text("soap")); r.Counts != nil {
		t.Errorf("counts that nobody asked for: %v", r.Counts)
	}
}

// Spellings that a filter language could take for its own.
func spellings() []string {
	return []string{
		`beauty`, `Beauty`, `beauty" OR kind = "post`, `beauty' OR 1=1 --`, `\`, `a\`, `a\"b`, `"`, `'`, "`",
		`) OR (kind = post`, `[a, b]`, `1 TO 9`, `NOT x`, `x EXISTS`, `_geoRadius(0,0,1)`, `%22`, `%`, `a b`, ` a`,
		`*`, `?`, `~1`, "a\nb", "a\tb", "a\x00b", `中文 分类`, `🐱`, `é`, "e\u0301", `12`, `1e1`, `12.0`, `null`, `true`, `a:b`,
	}
}

func (s suite) facetSpelling(t *testing.T) {
	ix := s.open(t)
	var docs []search.Doc
	want := map[string]int{}
	for _, v := range spellings() {
		docs = append(docs, search.Doc{ID: id(len(docs)), Kind: "post", Title: "Thing", Facets: []string{"tag:" + v}})
		want[v] = 1
	}
	put(t, ix, docs...)
	for i, v := range spellings() {
		finds(t, ix, search.Query{Facets: []string{"tag:" + v}, Limit: 100}, id(i))
		finds(t, ix, search.Query{Kind: v})
	}
	r := find(t, ix, search.Query{Count: []string{"tag"}})
	if d := cmp.Diff(want, r.Counts["tag"]); d != "" {
		t.Errorf("counts (-want +got): %s", d)
	}
}

func (s suite) kinds(t *testing.T) {
	ix := s.with(t,
		search.Doc{ID: "p", Kind: "product", Title: "Peach jam", Rank: 2},
		search.Doc{ID: "q", Kind: "post", Title: "Peach season", Rank: 3},
		search.Doc{ID: "r", Kind: "creator", Title: "Peach Lady", Rank: 1},
	)
	finds(t, ix, search.Query{Text: "peach", Kind: "product"}, "p")
	finds(t, ix, search.Query{Text: "peach"}, "p", "q", "r")
	finds(t, ix, search.Query{Kind: "post"}, "q")
	finds(t, ix, search.Query{Text: "peach", Kind: "Product"})
	r := find(t, ix, search.Query{})
	if d := cmp.Diff([]string{"q", "p", "r"}, ids(r)); d != "" {
		t.Errorf("without text (-want +got): %s", d)
	}
	if h := r.Hits[0]; h.Kind != "post" || h.Title != "Peach season" {
		t.Errorf("got %+v", h)
	}
}
