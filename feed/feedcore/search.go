package feedcore

import (
	"context"
	"fmt"

	"meadow/feed"
	"meadow/services/catalog"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/search"
)

// Search pages through what matches, best first. It passes over what is no
// longer there or not on sale.
func (c *Core) Search(ctx context.Context, in feed.Search) (feed.Results, error) {
	none := feed.Results{}
	if in.Text == "" {
		return none, errs.ErrInvalid.With("q", "is required")
	}
	size := in.Size(usualPage, mostPage)
	out := feed.Results{Items: []feed.Found{}, Next: in.After}
	for range rounds {
		found, err := c.Index.Find(ctx, search.Query{
			Text: in.Text, Kind: in.Kind, Limit: size - len(out.Items), After: string(out.Next),
		})
		if err != nil {
			return none, fmt.Errorf("search: %w", err)
		}
		items, err := c.found(ctx, found.Hits)
		if err != nil {
			return none, err
		}
		out.Items, out.Next = append(out.Items, items...), page.Cursor(found.Next)
		if out.Next == "" || len(out.Items) >= size {
			break
		}
	}
	return out, nil
}

// found makes hits of what can be shown, in their order.
func (c *Core) found(ctx context.Context, hits []search.Hit) ([]feed.Found, error) {
	var posts []place
	var products []id.Product
	for _, h := range hits {
		switch h.Kind {
		case kindPost:
			posts = append(posts, place{ID: id.Post(h.ID)})
		case kindProduct:
			products = append(products, id.Product(h.ID))
		}
	}
	shown := map[string]feed.Found{}
	cards, err := c.cards(ctx, posts)
	if err != nil {
		return nil, err
	}
	for p, k := range cards {
		shown[string(p)] = feed.Found{Post: &k}
	}
	goods, err := c.goods(ctx, products)
	if err != nil {
		return nil, err
	}
	for _, p := range goods {
		shown[string(p.ID)] = feed.Found{Product: &p}
	}
	out := make([]feed.Found, 0, len(hits))
	for _, h := range hits {
		if f, ok := shown[h.ID]; ok {
			out = append(out, f)
		}
	}
	return out, nil
}

// goods returns products that are listed.
func (c *Core) goods(ctx context.Context, ids []id.Product) ([]feed.Product, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	got, err := c.Catalog.ProductsByID(asFeed(ctx), catalog.ProductsByID{IDs: ids})
	if err != nil {
		return nil, fmt.Errorf("products: %w", err)
	}
	var out []feed.Product
	for _, p := range got.Items {
		if p.State != catalog.Listed {
			continue
		}
		f := feed.Product{ID: p.ID, Title: p.Title, Price: cheapest(p), Sold: p.Sold}
		if len(p.Pictures) > 0 {
			f.Cover = p.Pictures[0]
		}
		out = append(out, f)
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
