package feedcore

import (
	"context"
	"fmt"

	"meadow/feed/engine"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// outline is the part of a post's record that ranking wants.
type outline struct {
	Head     `bson:",inline"`
	Topics   []string      `bson:"topics"`
	Lang     string        `bson:"lang"`
	Products []id.Product  `bson:"products"`
	Kind     creator.Kind  `bson:"kind"`
	Genre    creator.Genre `bson:"genre,omitempty"`
	Place    string        `bson:"place,omitempty"`
	Ad       bool          `bson:"ad"`
	AI       bool          `bson:"ai"`
}

func (p post) outline() outline {
	return outline{
		Head: p.Head, Topics: p.Topics, Lang: p.Lang, Products: p.Products,
		Kind: p.Kind, Genre: p.Genre, Place: p.Place, Ad: p.Ad, AI: p.AI,
	}
}

// apply puts posts into memory as their records say. A higher revision that is
// there already stays.
func (c *Core) apply(ctx context.Context, all ...outline) error {
	listed, err := c.listed(ctx, all)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.gone() {
			c.engine.Remove(p.ID, p.Author, p.Rev)
			continue
		}
		c.engine.Put(engine.Post{
			ID: p.ID, Author: p.Author, At: p.At, Rev: p.Rev, Kind: string(p.Kind), Genre: string(p.Genre),
			Lang: p.Lang, Place: p.Place, Topics: p.Topics, Products: p.Products,
			Promo: p.Ad, Open: !p.OpenAt.IsZero(), AI: p.AI, OnSale: anyOf(p.Products, listed),
		})
	}
	return nil
}

// listed are the products of posts that are on sale.
func (c *Core) listed(ctx context.Context, all []outline) (map[id.Product]bool, error) {
	out := map[id.Product]bool{}
	var ids []string
	for _, p := range all {
		for _, q := range p.Products {
			if _, ok := out[q]; !ok {
				out[q] = false
				ids = append(ids, string(q))
			}
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	found, err := c.products.GetMany(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("products: %w", err)
	}
	for _, q := range found {
		out[q.ID] = q.Listed
	}
	return out, nil
}

func anyOf(products []id.Product, listed map[id.Product]bool) bool {
	for _, q := range products {
		if listed[q] {
			return true
		}
	}
	return false
}

// resale says of every post that tags a product whether something in it can be
// bought now.
func (c *Core) resale(ctx context.Context, p id.Product) error {
	q := docdb.Query{Index: "product", Equal: []any{string(p)}, Limit: batch}
	for {
		found, err := c.shop.tagged.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("posts of a product: %w", err)
		}
		posts := make([]outline, len(found.Items))
		for i, t := range found.Items {
			posts[i] = outline{Head: Head{ID: t.Post}, Products: t.All}
		}
		listed, err := c.listed(ctx, posts)
		if err != nil {
			return err
		}
		for _, o := range posts {
			c.engine.OnSale(o.ID, anyOf(o.Products, listed))
		}
		if q.After = found.Next; q.After == "" {
			return nil
		}
	}
}

// reconcile makes memory say what the records say of every post: it was away
// for a while, or begins empty.
func (c *Core) reconcile(ctx context.Context) error {
	var next []outline
	flush := func() error {
		err := c.apply(ctx, next...)
		c.trim()
		next = next[:0]
		return err
	}
	err := c.outlines.Each(ctx, func(_ string, p outline) error {
		if rev, there := c.engine.Rev(p.ID); rev == p.Rev && there != p.gone() {
			return nil
		}
		if next = append(next, p); len(next) < 10*batch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	return nil
}
