package blevesearch

import (
	"context"
	"fmt"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"

	"meadow/services/platform/search"
)

const (
	few       = 5 // answers that are too few to leave a typo at that
	maxValues = 200
)

// position is where a page ended.
type position struct {
	Wide bool     `json:"wide,omitempty"`
	Sort []string `json:"sort"`
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
		if len(at.Sort) != len(byQuality()) && len(at.Sort) != len(byOrder()) {
			return search.Result{}, search.ErrQuery.With("after", "is not a cursor")
		}
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if q.Text == "" {
		return x.ask(ctx, q, plan{}, at)
	}
	p := newPlan(q.Text, at.Wide)
	if p.empty() {
		return search.Result{}, nil
	}
	r, err := x.ask(ctx, q, p, at)
	if err != nil || q.After != "" || r.Next != "" || len(r.Hits) >= few {
		return r, err
	}
	at.Wide = true
	return x.ask(ctx, q, newPlan(q.Text, true), at)
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
	out := search.Result{Counts: counts(q, found)}
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
	var req *bleve.SearchRequest
	switch {
	case p.empty() && len(filters) == 0:
		req = browse(bleve.NewMatchAllQuery(), q.Limit+1)
	case p.empty():
		req = browse(bleve.NewConjunctionQuery(filters...), q.Limit+1)
	default:
		req = bleve.NewSearchRequestOptions(bleve.NewConjunctionQuery(append(filters, p.query())...), q.Limit+1, 0, false)
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

// browse asks for what q matches by rank alone.
func browse(q query.Query, size int) *bleve.SearchRequest {
	req := bleve.NewSearchRequestOptions(q, size, 0, false)
	req.Score = bleve.ScoreNone
	req.SortByCustom(byOrder())
	return req
}

// filter decides and is worth nothing.
func filter(field, value string) query.Query {
	q := bleve.NewTermQuery(value)
	q.SetField(field)
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
