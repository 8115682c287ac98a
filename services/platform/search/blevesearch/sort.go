package blevesearch

import (
	"fmt"
	"math"

	bsearch "github.com/blevesearch/bleve/v2/search"
)

// byOrder sorts by rank, the greater first.
func byOrder() bsearch.SortOrder {
	return bsearch.SortOrder{&bsearch.SortField{Field: fieldOrder, Desc: true, Type: bsearch.SortFieldAsString}}
}

// byNumber sorts by a number, and by nothing else: no two documents are equal.
func byNumber(name string, greatest bool) bsearch.SortOrder {
	return bsearch.SortOrder{&bsearch.SortField{Field: sortField + name, Desc: greatest, Type: bsearch.SortFieldAsString}}
}

// byQuality sorts the best answers first, and equally good ones by rank.
func byQuality() bsearch.SortOrder {
	return append(bsearch.SortOrder{&quality{desc: true}}, byOrder()...)
}

// quality sorts by score in steps of about a tenth: scores that differ by less
// than that are equally good. It also keeps pages together, since scores move
// a little whenever a document comes or goes.
type quality struct {
	desc  bool
	names [steps]string // of the steps met so far; it is asked for every match
}

const (
	steps            = 1000
	stepsPerDoubling = 7
)

func (q *quality) Value(d *bsearch.DocumentMatch) string {
	step := 0
	if d.Score > 0 {
		step = int(math.Round(math.Log2(d.Score)*stepsPerDoubling)) + steps/2
	}
	step = max(0, min(step, steps-1))
	if q.names[step] == "" {
		q.names[step] = fmt.Sprintf("%03d", step)
	}
	return q.names[step]
}

func (q *quality) UpdateVisitor(string, []byte) {}
func (q *quality) DecodeValue(v string) string  { return v }
func (q *quality) Descending() bool             { return q.desc }
func (q *quality) RequiresDocID() bool          { return false }
func (q *quality) RequiresScoring() bool        { return false } // or Bleve would compare scores itself
func (q *quality) RequiresFields() []string     { return nil }
func (q *quality) Reverse()                     { q.desc = !q.desc }
func (q *quality) Copy() bsearch.SearchSort     { return &quality{desc: q.desc} }
