package feedcore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"meadow/feed"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/search"
)

// Search pages through what matches, best first. It passes over what is no
// longer there, not on sale, not for the caller or not wanted by them.
func (c *Core) Search(ctx context.Context, in feed.Search) (feed.Results, error) {
	none := feed.Results{}
	q, err := question(in)
	if err != nil {
		return none, err
	}
	me, err := c.person(ctx, actor.From(ctx).User)
	if err != nil {
		return none, err
	}
	size := in.Size(usualPage, mostPage)
	out := feed.Results{Items: []feed.Found{}, Next: in.After}
	for round := range rounds {
		q.Limit, q.After = size-len(out.Items), string(out.Next)
		got, err := c.Index.Find(ctx, q)
		if err != nil {
			return none, fmt.Errorf("search: %w", err)
		}
		if round == 0 {
			out.Total = int64(got.Total)
			out.Facets = counted(got.Counts)
			q.Count = nil
		}
		items, err := c.found(ctx, me, in.Topic, got.Hits)
		if err != nil {
			return none, err
		}
		out.Items, out.Next = append(out.Items, items...), page.Cursor(got.Next)
		if out.Next == "" || len(out.Items) >= size {
			break
		}
	}
	if in.After == "" {
		c.searchedFor(ctx, me, in)
		if len(out.Items) == 0 && out.Next == "" {
			out.Instead = c.find.hints.instead(in.Text)
		}
	}
	return out, nil
}

// question is what the index is asked.
func question(in feed.Search) (search.Query, error) {
	text := strings.TrimSpace(in.Text)
	if text == "" {
		return search.Query{}, errs.ErrInvalid.With("q", "is required")
	}
	q := search.Query{Text: text, Facets: facets(
		facet(facetKind, in.Kind), facet(facetGenre, in.Genre), facet(facetTopic, in.Topic), facet(facetCategory, in.Category),
		facet(facetLang, baseLang(in.InLang)), facet(facetLabel, in.Label),
	)}
	switch in.Sort {
	case "", "best":
	case "newest":
		q.Sort = "-" + search.NumAt
	case "price_up":
		q.Sort = search.NumPrice
	case "price_down":
		q.Sort = "-" + search.NumPrice
	case "sold":
		q.Sort = "-" + search.NumSold
	default:
		return q, errs.ErrInvalid.With("sort", "is not an order")
	}
	if in.Price != "" {
		r, ok := priceRange(in.Price)
		if !ok {
			return q, errs.ErrInvalid.With("price", "is not a range")
		}
		q.Ranges = []search.Range{r}
	}
	if in.After == "" {
		q.Count = facetNames()
	}
	return q, nil
}

// mostValues is how many values of a facet are said.
const mostValues = 12

// counted makes facets of counts, in the order of their names and the greatest
// count first. What is counted of nothing is left out.
func counted(counts map[string]map[string]int) []feed.Facet {
	var out []feed.Facet
	for _, name := range facetNames() {
		f := feed.Facet{Name: name, Values: []feed.FacetValue{}}
		for v, n := range counts[name] {
			f.Values = append(f.Values, feed.FacetValue{Value: v, N: int64(n)})
		}
		if len(f.Values) == 0 {
			continue
		}
		slices.SortFunc(f.Values, func(a, b feed.FacetValue) int {
			if a.N != b.N {
				return int(b.N - a.N)
			}
			return strings.Compare(a.Value, b.Value)
		})
		f.Values = f.Values[:min(len(f.Values), mostValues)]
		out = append(out, f)
	}
	return out
}

// searchedFor remembers a search of a signed-in caller, if they are remembered,
// and counts it. The answer does not wait for the success of either.
func (c *Core) searchedFor(ctx context.Context, p person, in feed.Search) {
	me := actor.From(ctx).User
	if me == "" || !p.personal() {
		return
	}
	if err := c.rememberSearch(ctx, me, in.Text); err != nil {
		c.Log.WarnContext(ctx, "search not remembered", "err", err)
		return
	}
	key := searchKey(in.Text)
	c.castSearch(ctx, noted{
		Text: key, Lang: baseLang(in.Lang), Place: p.preferences().Place, Person: personHash(me), At: c.Now(),
	})
	if c.find.interested == nil {
		return
	}
	if topics := c.find.hints.topicsIn(key); len(topics) > 0 {
		c.find.interested(ctx, me, topics)
	}
}

// topicsIn returns the topics that a search is about: as a whole, or else by its
// parts.
func (h *hints) topicsIn(key string) []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if w := h.words[hintTopic+":"+key]; w != nil {
		return []string{w.text}
	}
	const most = 3
	var out, taken []string
	isTopic := func(part string) bool { return h.words[hintTopic+":"+part] != nil }
	for _, part := range h.parts(key, isTopic) {
		inside := slices.ContainsFunc(taken, func(o string) bool { return strings.Contains(o, part) })
		if !inside && len(out) < most {
			out, taken = append(out, h.words[hintTopic+":"+part].text), append(taken, part)
		}
	}
	return out
}

// found makes hits of what can be shown, in their order. Posts of what the caller
// muted are left out, but for the topic that they ask for; what they said of one
// post counts where it is offered, not where it is looked for.
func (c *Core) found(ctx context.Context, me person, topic string, hits []search.Hit) ([]feed.Found, error) {
	var posts []place
	var products []id.Product
	var people []id.User
	for _, h := range hits {
		switch h.Kind {
		case kindPost:
			posts = append(posts, place{ID: id.Post(h.ID)})
		case kindProduct:
			products = append(products, id.Product(h.ID))
		case kindCreator:
			people = append(people, id.User(h.ID))
		}
	}
	cards, err := c.cards(ctx, posts)
	if err != nil {
		return nil, err
	}
	me.Hidden = nil
	if err := c.spare(ctx, me, cards, topic); err != nil {
		return nil, err
	}
	listed, err := c.goods(ctx, products)
	if err != nil {
		return nil, err
	}
	authors, err := c.creators(ctx, people)
	if err != nil {
		return nil, err
	}
	out := make([]feed.Found, 0, len(hits))
	for _, h := range hits {
		f, title := feed.Found{}, ""
		if k, ok := cards[id.Post(h.ID)]; ok {
			f.Post, title = &k, k.Title
		} else if p, ok := listed[id.Product(h.ID)]; ok {
			f.Product, title = &p, p.Title
		} else if a, ok := authors[id.User(h.ID)]; ok {
			f.Creator, title = &a, a.Name
		} else {
			continue
		}
		f.Marks = [][2]int{}
		if title == h.Title && utf8.ValidString(title) {
			f.Marks = inCharacters(title, h.Marks)
		}
		out = append(out, f)
	}
	return out, nil
}

// goods returns products that are listed.
func (c *Core) goods(ctx context.Context, ids []id.Product) (map[id.Product]feed.Product, error) {
	out := map[id.Product]feed.Product{}
	if len(ids) == 0 {
		return out, nil
	}
	got, err := c.Catalog.ProductsByID(asFeed(ctx), catalog.ProductsByID{IDs: ids})
	if err != nil {
		return nil, fmt.Errorf("products: %w", err)
	}
	for _, p := range got.Items {
		if p.State != catalog.Listed {
			continue
		}
		f := feed.Product{ID: p.ID, Title: p.Title, Price: cheapest(p), Sold: p.Sold}
		if len(p.Pictures) > 0 {
			f.Cover = p.Pictures[0]
		}
		out[p.ID] = f
	}
	return out, nil
}

func cheapest(p catalog.Product) money.Money {
	var least money.Money
	for _, k := range p.SKUs {
		if least == (money.Money{}) || k.Price.Amount < least.Amount {
			least = k.Price
		}
	}
	return least
}
