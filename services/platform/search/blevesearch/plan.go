package blevesearch

import (
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"

	"meadow/services/platform/search"
)

// What a match is worth: by where it is, and by how exact it is.
const (
	inTitle, inTags, inBody = 6.0, 3.0, 1.0

	asWritten = 1.0
	asStem    = 0.8
	asStart   = 0.2
	asTypo    = 0.1
	asChar    = 0.1 // one character of several
)

// A word of this many letters may hold a typo, or be only begun.
const (
	typoFrom  = 5
	startFrom = 3
)

// plan is a query's text as conditions that must all hold.
type plan struct {
	words []wordMatch
	runs  [][]string // characters that follow each other
}

// newPlan reads text. With wide, words may hold a typo and the last may be the
// beginning of one.
func newPlan(text string, wide bool) plan {
	var p plan
	a := newWordAnalyzer()
	all := search.Words(text)
	for i, w := range all {
		if w.Solid {
			if i > 0 && all[i-1].Solid && all[i-1].End == w.Start {
				p.runs[len(p.runs)-1] = append(p.runs[len(p.runs)-1], w.Term)
			} else {
				p.runs = append(p.runs, []string{w.Term})
			}
			continue
		}
		m := wordMatch{term: a.plain(w.Term)}
		m.stem = a.stem(m.term)
		letters := utf8.RuneCountInString(m.term)
		m.typo = wide && letters >= typoFrom && !isNumber(m.term)
		m.start = wide && letters >= startFrom && i == len(all)-1
		p.words = append(p.words, m)
	}
	return p
}

func isNumber(term string) bool { return strings.Trim(term, "0123456789") == "" }

func (p plan) empty() bool { return len(p.words) == 0 && len(p.runs) == 0 }

// query is true of a document for which all of p holds.
func (p plan) query() query.Query {
	all := make([]query.Query, 0, len(p.words)+len(p.runs))
	for _, w := range p.words {
		all = append(all, w.query())
	}
	for _, r := range p.runs {
		all = append(all, runQuery(r))
	}
	return bleve.NewConjunctionQuery(all...)
}

// wordMatch is one word of a spaced script and what passes for it.
type wordMatch struct {
	term, stem  string
	typo, start bool
}

func (m wordMatch) query() query.Query {
	var any []query.Query
	for _, f := range []place{{titleWords, inTitle}, {tagWords, inTags}, {bodyWords, inBody}} {
		any = append(any, f.term(m.term, asWritten))
		if m.stem != m.term {
			any = append(any, f.term(m.stem, asStem))
		}
		if m.start {
			q := bleve.NewPrefixQuery(m.term)
			q.SetField(f.field)
			q.SetBoost(f.worth * asStart)
			any = append(any, q)
		}
		if m.typo {
			q := bleve.NewFuzzyQuery(m.term)
			q.SetFuzziness(1)
			q.SetField(f.field)
			q.SetBoost(f.worth * asTypo)
			any = append(any, q)
		}
	}
	return bleve.NewDisjunctionQuery(any...)
}

// runQuery matches characters that follow each other. Where words begin and
// end inside is not written, so half of the pairs are enough, and every
// character must be there.
func runQuery(chars []string) query.Query {
	if len(chars) == 1 {
		return gram(chars[0], asWritten)
	}
	all := make([]query.Query, 0, len(chars)+1)
	pairs := make([]query.Query, 0, len(chars)-1)
	for i, c := range chars {
		if i > 0 {
			pairs = append(pairs, gram(chars[i-1]+c, asWritten))
		}
		if len(chars) > 2 {
			all = append(all, gram(c, asChar))
		}
	}
	half := bleve.NewDisjunctionQuery(pairs...)
	half.SetMin(float64(len(pairs)+1) / 2)
	return bleve.NewConjunctionQuery(append(all, half)...)
}

func gram(term string, exactness float64) query.Query {
	return bleve.NewDisjunctionQuery(
		place{titleGrams, inTitle}.term(term, exactness),
		place{tagGrams, inTags}.term(term, exactness),
		place{bodyGrams, inBody}.term(term, exactness),
	)
}

// place is a field and what a match in it is worth.
type place struct {
	field string
	worth float64
}

func (p place) term(term string, exactness float64) query.Query {
	q := bleve.NewTermQuery(term)
	q.SetField(p.field)
	q.SetBoost(p.worth * exactness)
	return q
}
