package meilisearch

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	meili "github.com/meilisearch/meilisearch-go"

	"meadow/services/platform/search"
)

// Signs around what matched, which no keyboard has.
const markFrom, markTo = "\ue000", "\ue001"

// Find answers q.
func (x *Index) Find(ctx context.Context, q search.Query) (search.Result, error) {
	q, err := q.Check()
	if err != nil {
		return search.Result{}, err
	}
	offset := 0
	if q.After != "" {
		if err := q.Resume(&offset); err != nil {
			return search.Result{}, err
		}
		if offset < 0 || offset > maxHits {
			return search.Result{}, search.ErrQuery.With("after", "is not a cursor")
		}
	}
	text := plain(q.Text)
	if text == "" && q.Text != "" {
		return search.Result{}, ctx.Err()
	}
	found, err := x.index().SearchWithContext(ctx, text, request(q, text, offset))
	if err != nil {
		return search.Result{}, fmt.Errorf("find: %w", translate(ctx, err))
	}
	return result(q, found, offset)
}

// plain is text without what Meilisearch reads as an operator: its words, in
// the order they have, and a gap where there was anything else or where the
// script changes.
func plain(text string) string {
	var b strings.Builder
	var last search.Word
	for _, w := range search.Words(text) {
		if b.Len() > 0 && (last.End != w.Start || last.Solid != w.Solid) {
			b.WriteByte(' ')
		}
		b.WriteString(w.Term)
		last = w
	}
	return b.String()
}

func request(q search.Query, text string, offset int) *meili.SearchRequest {
	req := &meili.SearchRequest{
		Offset:                int64(offset),
		Limit:                 int64(q.Limit) + 1, // one more, to know whether there is a next page
		MatchingStrategy:      meili.All,
		AttributesToRetrieve:  []string{attrKey, attrTitle, attrKind},
		AttributesToHighlight: []string{attrTitle},
		HighlightPreTag:       markFrom,
		HighlightPostTag:      markTo,
		ShowRankingScore:      true,
	}
	if text == "" {
		req.Sort = []string{attrRank + ":desc"}
	}
	var filters []string
	if q.Kind != "" {
		filters = append(filters, is(attrKind, kindPrefix+q.Kind))
	}
	for _, f := range q.Facets {
		filters = append(filters, is(attrFacets, f))
	}
	if len(filters) > 0 {
		req.Filter = strings.Join(filters, " AND ")
	}
	if len(q.Count) > 0 {
		req.Facets = []string{attrFacets}
	}
	return req
}

// hit is what comes back of a record.
type hit struct {
	Key       string  `json:"key"`
	Title     string  `json:"title"`
	Kind      string  `json:"kind"`
	Score     float64 `json:"_rankingScore"`
	Formatted struct {
		Title string `json:"title"`
	} `json:"_formatted"`
}

func result(q search.Query, found *meili.SearchResponse, offset int) (search.Result, error) {
	var out search.Result
	for i, raw := range found.Hits {
		if i == q.Limit {
			next, err := q.Cursor(offset + q.Limit)
			if err != nil {
				return search.Result{}, fmt.Errorf("find: %w", err)
			}
			out.Next = next
			break
		}
		var h hit
		if err := raw.DecodeInto(&h); err != nil {
			return search.Result{}, fmt.Errorf("read hit: %w", err)
		}
		id, err := base64.RawURLEncoding.DecodeString(h.Key)
		if err != nil {
			return search.Result{}, fmt.Errorf("read hit %q: %w", h.Key, err)
		}
		out.Hits = append(out.Hits, search.Hit{
			ID: string(id), Kind: strings.TrimPrefix(decode(h.Kind), kindPrefix),
			Title: h.Title, Score: h.Score, Marks: marks(h.Title, h.Formatted.Title),
		})
	}
	var err error
	out.Counts, err = counts(q, found.FacetDistribution)
	return out, err
}

func counts(q search.Query, raw json.RawMessage) (map[string]map[string]int, error) {
	if len(q.Count) == 0 {
		return nil, nil
	}
	var by map[string]map[string]int
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &by); err != nil {
			return nil, fmt.Errorf("read counts: %w", err)
		}
	}
	out := make(map[string]map[string]int, len(q.Count))
	for _, name := range q.Count {
		out[name] = make(map[string]int)
	}
	for facet, n := range by[attrFacets] {
		name, value, _ := strings.Cut(decode(facet), ":")
		if values, asked := out[name]; asked {
			values[value] = n
		}
	}
	return out, nil
}

// marks reads where the signs stand in formatted, which is title with signs.
func marks(title, formatted string) [][2]int {
	var out [][2]int
	at, from := 0, -1
	for formatted != "" {
		switch {
		case strings.HasPrefix(formatted, markFrom) && !strings.HasPrefix(title[at:], markFrom):
			formatted, from = formatted[len(markFrom):], at
		case strings.HasPrefix(formatted, markTo) && from >= 0:
			formatted = formatted[len(markTo):]
			switch last := len(out) - 1; {
			case from == at:
			case last >= 0 && out[last][1] == from:
				out[last][1] = at
			default:
				out = append(out, [2]int{from, at})
			}
			from = -1
		case at < len(title) && formatted[0] == title[at]:
			formatted, at = formatted[1:], at+1
		default:
			return nil // it is some other text
		}
	}
	return out
}
