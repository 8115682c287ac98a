package blevesearch

import (
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"

	"meadow/services/platform/search"
	"meadow/services/platform/search/pinyin"
)

// What a match is worth: by where it is, and by how exact it is.
const (
	inTitle, inTags, inBody = 6.0, 3.0, 1.0

	asWritten = 1.0
	asStem    = 0.8
	asStart   = 0.2
	asTypo    = 0.1
	asTypos   = 0.05
	asRead    = 0.3 // how Chinese sounds
	asInitial = 0.1
	asChar    = 0.1 // one character of several
)

// A word of this many letters may hold a typo, or two, or be only begun.
const (
	typoFrom  = 5
	typosFrom = 9
	startFrom = 3
)

// width is how much passes for what was written.
type width int

const (
	strict width = iota
	wide         // words may hold a typo, be read as Chinese, and the last be only begun
	widest       // letters may be what Chinese words begin with
)

// plan is a query's text as conditions that must all hold.
type plan struct {
	words []wordMatch
	runs  [][]string // characters that follow each other
}

// newPlan reads text. With prefix, the last word may be only begun, however
// wide the plan is.
func newPlan(text string, w width, prefix bool) plan {
	var p plan
	a := newWordAnalyzer()
	all := search.Words(text)
	for i, word := range all {
		if word.Solid {
			if i > 0 && all[i-1].Solid && all[i-1].End == word.Start {
				p.runs[len(p.runs)-1] = append(p.runs[len(p.runs)-1], word.Term)
			} else {
				p.runs = append(p.runs, []string{word.Term})
			}
			continue
		}
		m := wordMatch{term: a.plain(word.Term)}
		m.stem = a.stem(m.term)
		last := i == len(all)-1
		m.start = last && prefix
		if w >= wide {
			m.widen(last)
		}
		if w == widest {
			if r, ok := pinyin.ReadInitials(m.term); ok {
				m.reading = &r
			}
		}
		p.words = append(p.words, m)
	}
	return p
}

// widen lets more pass for m.
func (m *wordMatch) widen(last bool) {
	letters := utf8.RuneCountInString(m.term)
	switch {
	case isNumber(m.term):
	case letters >= typosFrom:
		m.typos = 2
	case letters >= typoFrom:
		m.typos = 1
	}
	m.start = m.start || last && letters >= startFrom
	if r, ok := pinyin.Read(m.term, m.start); ok {
		m.reading = &r
	}
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
	term, stem string
	typos      int
	start      bool
	reading    *pinyin.Query // nil if it is not read as Chinese
}

func (m wordMatch) query() query.Query {
	var any []query.Query
	for _, f := range []place{{titleWords, inTitle}, {tagWords, inTags}, {bodyWords, inBody}} {
		any = append(any, f.term(m.term, asWritten))
		if m.stem != m.term {
			any = append(any, f.term(m.stem, asStem))
		}
		if m.start {
			any = append(any, f.prefix(m.term, asStart))
		}
		if m.typos > 0 {
			any = append(any, f.fuzzy(m.term, 1, asTypo))
		}
		if m.typos > 1 {
			any = append(any, f.fuzzy(m.term, m.typos, asTypos))
		}
	}
	if m.reading != nil {
		any = append(any, readingQuery(*m.reading))
	}
	return bleve.NewDisjunctionQuery(any...)
}

// readingQuery matches Chinese that sounds like r: every piece of it in the title
// or in a tag, or every pair of its syllables in the body.
func readingQuery(r pinyin.Query) query.Query {
	title, tags, worth := place{titleReading, inTitle}, place{tagReading, inTags}, asRead
	if r.Initials {
		title, tags, worth = place{titleInitials, inTitle}, place{tagInitials, inTags}, asInitial
	}
	all := make([]query.Query, 0, len(r.Pieces))
	for i, piece := range r.Pieces {
		any := []query.Query{title.term(piece, worth), tags.term(piece, worth)}
		if r.Open && i == len(r.Pieces)-1 {
			var ends []query.Query // apart, for a query is worth less the more of its parts do not match
			for _, end := range r.Ends {
				ends = append(ends, title.term(end, worth*asStart), tags.term(end, worth*asStart))
			}
			any = append(any, bleve.NewDisjunctionQuery(ends...))
		}
		all = append(all, bleve.NewDisjunctionQuery(any...))
	}
	pieces := bleve.NewConjunctionQuery(all...)
	if len(r.Pairs) == 0 {
		return pieces
	}
	var pairs []query.Query
	for _, p := range r.Pairs {
		pairs = append(pairs, place{bodyReading, inBody}.term(p, worth))
	}
	return bleve.NewDisjunctionQuery(pieces, bleve.NewConjunctionQuery(pairs...))
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

func (p place) prefix(term string, exactness float64) query.Query {
	q := bleve.NewPrefixQuery(term)
	q.SetField(p.field)
	q.SetBoost(p.worth * exactness)
	return q
}

func (p place) fuzzy(term string, typos int, exactness float64) query.Query {
	q := bleve.NewFuzzyQuery(term)
	q.SetFuzziness(typos)
	q.SetField(p.field)
	q.SetBoost(p.worth * exactness)
	return q
}
