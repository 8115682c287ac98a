// Package searchtest says what a search.Index promises. Every driver runs it.
package searchtest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/platform/search"
)

// Capabilities say what a backend can do beyond the port's promises, or which
// of them it cannot keep.
type Capabilities struct {
	Stems    bool // finds "shoe" for "shoes"
	Symbols  bool // finds emoji
	Swaps    bool // two swapped letters are one typo
	Ties     bool // equally good answers come by Rank
	Segments bool // a run of several Chinese words finds them apart from each other
	Begun    bool // an unfinished reading of Chinese finds it
}

// Open returns an empty index, closed when the test ends.
type Open func(t *testing.T) search.Rebuildable

// Run runs the suite.
func Run(t *testing.T, open Open, can Capabilities) {
	s := suite{open: open, can: can}
	cases := map[string]func(*testing.T){
		"WordsAreFoundInEveryScript":           s.words,
		"EveryWordMustMatch":                   s.everyWord,
		"FormsAndTyposAreForgiven":             s.forgiven,
		"TheTitleCountsMoreThanTheBody":        s.weights,
		"TwoTyposInALongWordAreForgiven":       s.twoTypos,
		"AnUnfinishedWordFindsWhatItBegins":    s.begun,
		"ChineseIsFoundByHowItSounds":          s.sounds,
		"ChineseIsFoundByItsInitials":          s.initials,
		"WhatIsWrittenComesBeforeWhatSoundsSo": s.writtenFirst,
		"NumbersSortEveryPage":                 s.sorts,
		"NumbersFilter":                        s.ranges,
		"TheTotalCountsAllPages":               s.totals,
		"EquallyGoodAnswersComeByRank":         s.ties,
		"MarksShowWhereTheTitleMatched":        s.marks,
		"FacetsFilterAndCountExactly":          s.facets,
		"FacetsOfAnySpellingStayThemselves":    s.facetSpelling,
		"AKindFiltersAndWithoutTextAllComes":   s.kinds,
		"PuttingAgainReplaces":                 s.replaces,
		"WhatWasDeletedIsNotFound":             s.deletes,
		"ClearRemovesEverything":               s.clears,
		"ItKnowsWhetherItHoldsEverything":      s.built,
		"PagesNeverRepeatOrMiss":               s.pages,
		"PagesOfAllDocumentsAreWholeAndByRank": s.pagesOfAll,
		"ACursorOfAnotherSearchIsRefused":      s.foreignCursor,
		"AQueryThatCannotBeAskedIsRefused":     s.refused,
		"OddTextNeverFails":                    s.odd,
		"OddDocumentsAreKept":                  s.oddDocuments,
		"ManyCallersMayUseItAtOnce":            s.concurrent,
		"ItAnswersWhenAskedWhetherItIsThere":   s.ping,
		"AnEndedContextIsRespected":            s.context,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t)
		})
	}
}

type suite struct {
	open Open
	can  Capabilities
}

// with opens an index that holds docs.
func (s suite) with(t *testing.T, docs ...search.Doc) search.Index {
	t.Helper()
	ix := s.open(t)
	put(t, ix, docs...)
	return ix
}

func put(t *testing.T, ix search.Index, docs ...search.Doc) {
	t.Helper()
	if err := ix.Put(t.Context(), docs...); err != nil {
		t.Fatalf("put: %v", err)
	}
	sync(t, ix)
}

func sync(t *testing.T, ix search.Index) {
	t.Helper()
	if err := ix.Sync(t.Context()); err != nil {
		t.Fatalf("sync: %v", err)
	}
}

func find(t *testing.T, ix search.Index, q search.Query) search.Result {
	t.Helper()
	r, err := ix.Find(t.Context(), q)
	if err != nil {
		t.Fatalf("find %+v: %v", q, err)
	}
	return r
}

func ids(r search.Result) []string {
	out := make([]string, 0, len(r.Hits))
	for _, h := range r.Hits {
		out = append(out, h.ID)
	}
	return out
}

// finds wants exactly these ids, in any order.
func finds(t *testing.T, ix search.Index, q search.Query, want ...string) {
	t.Helper()
	got := ids(find(t, ix, q))
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(append([]string{}, want...), got); d != "" {
		t.Errorf("%+v (-want +got): %s", q, d)
	}
}

func text(s string) search.Query { return search.Query{Text: s} }

// doc is a document of only a title.
func doc(id, title string) search.Doc { return search.Doc{ID: id, Kind: "post", Title: title} }
