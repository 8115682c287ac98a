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

// position is where a page ended: in which pass, how far, and what earlier
// passes found.
type position struct {
	Pass   int      `json:"pass,omitempty"`
	Offset int      `json:"offset"`
	Found  []string `json:"found,omitempty"`
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
		if at.Offset < 0 || at.Offset > maxHits || at.Pass < 0 || at.Pass >= passes || len(at.Found) > few {
			return search.Result{}, search.ErrQuery.With("after", "is not a cursor")
		}
	}
	now := ask(q.Text, at.Pass)
	if now.text == "" && q.Text != "" {
		return search.Result{}, ctx.Err()
	}
	out, err := x.page(ctx, q, now, at)
	if err != nil || q.After != "" {
		return out, err
	}
	asked := now.text
	for at.Pass++; at.Pass < passes && out.Next == "" && out.Total < enough(q, at.Pass); at.Pass++ {
		wider := ask(q.Text, at.Pass)
		if wider.text == asked {
			continue
		}
		asked = wider.text
		at.Found = ids(out)
		rest := q
		rest.Limit -= len(out.Hits)
		more, err := x.page(ctx, rest, wider, at)
		if err != nil {
			return search.Result{}, err
		}
		out = join(out, more)
	}
	return out, nil
}

// enough is how many answers there have to be not to take a pass. Those of one
// pass come behind those of another, so what is to be in order comes of one.
func enough(q search.Query, pass int) int {
	if q.Sort == "" && pass <= asReadShort {
		return min(few, q.Limit)
	}
	return 1
}

func ids(r search.Result) []string {
	var out []string
	for _, h := range r.Hits {
		out = append(out, h.ID)
	}
	return out
}

// join puts the answers of a pass behind those of the ones before.
func join(a, b search.Result) search.Result {
	a.Hits = append(a.Hits, b.Hits...)
	a.Total += b.Total
	a.Next = b.Next
	for name, values := range b.Counts {
		for v, n := range values {
			a.Counts[name][v] += n
		}
	}
	return a
}

// page asks for one page of one pass.
func (x *Index) page(ctx context.Context, q search.Query, now question, at position) (search.Result, error) {
	found, err := x.index().SearchWithContext(ctx, now.text, request(q, now.text, at))
	if err != nil {
		return search.Result{}, fmt.Errorf("find: %w", translate(ctx, err))
	}
	return result(q, found, now, at)
}

func request(q search.Query, text string, at position) *meili.SearchRequest {
	req := &meili.SearchRequest{
		Offset:                int64(at.Offset),
		Limit:                 int64(q.Limit) + 1, // one more, to know whether there is a next page
		MatchingStrategy:      meili.All,
		AttributesToRetrieve:  []string{attrKey, attrTitle, attrKind},
		AttributesToHighlight: []string{attrTitle},
		HighlightPreTag:       markFrom,
		HighlightPostTag:      markTo,
		ShowRankingScore:      true,
	}
	num, greatest := q.Order()
	switch {
	case num != "" && greatest:
		req.Sort = []string{numPrefix + num + ":desc", attrRank + ":desc"}
	case num != "":
		req.Sort = []string{numPrefix + num + ":asc", attrRank + ":desc"}
	case text == "":
		req.Sort = []string{attrRank + ":desc"}
	}
	if f := filters(q, num, at.Found); len(f) > 0 {
		req.Filter = strings.Join(f, " AND ")
	}
	if len(q.Count) > 0 {
		req.Facets = []string{attrFacets}
	}
	return req
}

// filters are the conditions that no word is part of.
func filters(q search.Query, num string, not []string) []string {
	var out []string
	if q.Kind != "" {
		out = append(out, is(attrKind, kindPrefix+q.Kind))
	}
	for _, f := range q.Facets {
		out = append(out, is(attrFacets, f))
	}
	for _, r := range q.Ranges {
		out = append(out, within(r)...)
	}
	if num != "" {
		out = append(out, within(search.Range{Num: num, Min: -search.MaxNum, Max: search.MaxNum})...)
	}
	for _, id := range not {
		out = append(out, isNot(attrRef, id))
	}
	return out
}

func within(r search.Range) []string {
	return []string{
		fmt.Sprintf("%s%s >= %d", numPrefix, r.Num, r.Min),
		fmt.Sprintf("%s%s <= %d", numPrefix, r.Num, r.Max),
	}
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

func result(q search.Query, found *meili.SearchResponse, now question, at position) (search.Result, error) {
	out := search.Result{Total: int(found.EstimatedTotalHits)}
	for i, raw := range found.Hits {
		if i == q.Limit {
			at.Offset += q.Limit
			next, err := q.Cursor(at)
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
			Title: h.Title, Score: h.Score, Marks: now.marksOf(h.Title, marks(h.Title, h.Formatted.Title)),
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
