package blevesearch

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/blevesearch/bleve/v2"
	bsearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"

	"meadow/services/platform/search"
)

const (
	few       = 5 // answers that are too few to leave it at what was written
	maxValues = 200
)

// position is where a page ended.
type position struct {
	Width width    `json:"width,omitempty"`
	Sort  []string `json:"sort"`
}

// Find answers q.
func (x *Index) Find(ctx context.Context, q search.Query) (search.Result, error) {
	q, err := q.Check()
	if err != nil {
		return search.Result{}, err
	}
	var at position
	if q.After != "" {
		if err := q.Resume(&at); err != nil {
			return search.Result{}, err
		}
		if at.Width < strict || at.Width > widest || at.Sort == nil {
			return search.Result{}, search.ErrQuery.With("after", "is not a cursor")
		}
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if q.Text == "" {
		return x.ask(ctx, q, plan{}, at)
	}
	p := newPlan(q.Text, at.Width, q.Prefix)
	if p.empty() {
		return search.Result{Counts: counts(q, &bleve.SearchResult{})}, nil
	}
	r, err := x.ask(ctx, q, p, at)
	if q.After != "" {
		return r, err
	}
	for at.Width < widest && err == nil && r.Total < enough(at.Width) {
		at.Width++
		r, err = x.ask(ctx, q, newPlan(q.Text, at.Width, q.Prefix), at)
	}
	return r, err
}

// enough is how many answers there have to be to ask no wider.
func enough(w width) int {
	if w == strict {
		return few
	}
	return 1
}

func (x *Index) ask(ctx context.Context, q search.Query, p plan, at position) (search.Result, error) {
	req := request(q, p)
	if at.Sort != nil {
		if len(at.Sort) != len(req.Sort) {
			return search.Result{}, search.ErrQuery.With("after", "is not a cursor")
		}
		req.SetSearchAfter(at.Sort)
	}
	found, err := x.ix.SearchInContext(ctx, req)
	if err != nil {
		if ctx.Err() != nil {
			return search.Result{}, ctx.Err()
		}
		return search.Result{}, fmt.Errorf("find: %w", err)
	}
	out := search.Result{Counts: counts(q, found), Total: int(min(found.Total, math.MaxInt32))}
	for i, h := range found.Hits {
		if i == q.Limit {
			at.Sort = found.Hits[i-1].Sort
			if out.Next, err = q.Cursor(at); err != nil {
				return search.Result{}, fmt.Errorf("find: %w", err)
			}
			break
		}
		title, _ := h.Fields[fieldTitle].(string)
		kind, _ := h.Fields[fieldKind].(string)
		out.Hits = append(out.Hits, search.Hit{
			ID: h.ID, Kind: kind, Title: title, Score: h.Score, Marks: p.marks(title),
		})
	}
	return out, nil
}

// request asks for one hit more than q wants, to know whether there is a next
// page.
func request(q search.Query, p plan) *bleve.SearchRequest {
	var filters []query.Query
	if q.Kind != "" {
		filters = append(filters, filter(fieldKind, q.Kind))
	}
	for _, f := range q.Facets {
		filters = append(filters, filter(fieldFacet, f))
	}
	num, greatest := q.Order()
	for _, r := range q.Ranges {
		filters = append(filters, within(r.Num, r.Min, r.Max))
	}
	if num != "" {
		filters = append(filters, within(num, -search.MaxNum, search.MaxNum))
	}
	var req *bleve.SearchRequest
	switch {
	case num != "":
		req = browse(narrowed(p, filters), q.Limit+1, byNumber(num, greatest))
	case p.empty():
		req = browse(narrowed(p, filters), q.Limit+1, byOrder())
	default:
		req = bleve.NewSearchRequestOptions(narrowed(p, filters), q.Limit+1, 0, false)
		req.SortByCustom(byQuality())
	}
	req.Fields = []string{fieldTitle, fieldKind}
	for _, name := range q.Count {
		f := bleve.NewFacetRequest(fieldFacet, maxValues)
		f.SetPrefixFilter(name + ":")
		req.AddFacet(name, f)
	}
	return req
}

// narrowed is true of a document for which p and every filter hold, and worth
// what p is worth: to a score, a filter would add one that is no number.
func narrowed(p plan, filters []query.Query) query.Query {
	switch {
	case len(filters) == 0 && p.empty():
		return bleve.NewMatchAllQuery()
	case len(filters) == 0:
		return p.query()
	case p.empty():
		return bleve.NewConjunctionQuery(filters...)
	}
	q := bleve.NewBooleanQuery()
	q.AddMust(p.query())
	q.AddFilter(bleve.NewConjunctionQuery(filters...))
	return q
}

// browse asks for what q matches in some order, however well it matches.
func browse(q query.Query, size int, by bsearch.SortOrder) *bleve.SearchRequest {
	req := bleve.NewSearchRequestOptions(q, size, 0, false)
	req.Score = bleve.ScoreNone
	req.SortByCustom(by)
	return req
}

// filter decides and is worth nothing.
func filter(field, value string) query.Query {
	q := bleve.NewTermQuery(value)
	q.SetField(field)
	q.SetBoost(0)
	return q
}

// within holds for documents whose number is in [least, most].
func within(num string, least, most int64) query.Query {
	from, to, both := float64(least), float64(most), true
	q := bleve.NewNumericRangeInclusiveQuery(&from, &to, &both, &both)
	q.SetField(numField + num)
	q.SetBoost(0)
	return q
}

func counts(q search.Query, found *bleve.SearchResult) map[string]map[string]int {
	if len(q.Count) == 0 {
		return nil
	}
	out := make(map[string]map[string]int, len(q.Count))
	for _, name := range q.Count {
		values := make(map[string]int)
		if f := found.Facets[name]; f != nil && f.Terms != nil {
			for _, t := range f.Terms.Terms() {
				values[strings.TrimPrefix(t.Term, name+":")] = t.Count
			}
		}
		out[name] = values
	}
	return out
}
