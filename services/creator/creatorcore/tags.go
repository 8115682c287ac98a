package creatorcore

import (
	"context"
	"fmt"
	"time"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
)

// catalogBatch is the most products that the catalogue answers at once.
const catalogBatch = 200

// products returns those that exist, asking the catalogue as few times as can
// be.
func (c *Core) products(ctx context.Context, ids []id.Product) (map[id.Product]catalog.Product, error) {
	ids = unique(ids)
	out := make(map[id.Product]catalog.Product, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), catalogBatch)
		found, err := c.Catalog.ProductsByID(actor.AsSystem(ctx, self), catalog.ProductsByID{IDs: ids[:n]})
		if err != nil {
			return nil, fmt.Errorf("tagged products: %w", err)
		}
		for _, p := range found.Items {
			out[p.ID] = p
		}
		ids = ids[n:]
	}
	return out, nil
}

// shownProducts is products for showing: a catalogue that does not answer sells
// nothing right now, and the posts are still read.
func (c *Core) shownProducts(ctx context.Context, posts ...post) map[id.Product]catalog.Product {
	var ids []id.Product
	for _, p := range posts {
		for _, t := range p.Tags {
			ids = append(ids, t.Product)
		}
	}
	found, err := c.products(ctx, ids)
	if err != nil {
		c.Log.WarnContext(ctx, "posts shown without what they sell", "products", len(ids), "err", err)
	}
	return found
}

// choice is what a product's cheapest SKU costs and how many units there are of
// all; none if it cannot be bought.
type choice struct {
	price, list money.Money
	available   int64
}

func (x choice) onSale() bool { return x.available > 0 }

func choiceOf(p catalog.Product) choice {
	var x choice
	for _, k := range p.SKUs {
		if x.price == (money.Money{}) || k.Price.Amount < x.price.Amount {
			x.price, x.list = k.Price, k.List
		}
		if p.State == catalog.Listed {
			x.available += k.Available
		}
	}
	return x
}

// tagViews are a post's tags with the catalogue's facts as they are now, and
// with links that were shown at this instant; via is who shared the post.
func (c *Core) tagViews(p post, products map[id.Product]catalog.Product, via id.User, at time.Time) []creator.Tag {
	out := make([]creator.Tag, len(p.Tags))
	for i, t := range p.Tags {
		out[i] = creator.Tag{
			Product: t.Product, Picture: t.Picture, X: t.X, Y: t.Y,
			Title: t.Title, Bought: t.Bought, Link: c.link(p.ID, p.Author, t.Product, via, at),
		}
		sold, ok := products[t.Product]
		if !ok {
			continue
		}
		x := choiceOf(sold)
		out[i].Title, out[i].Cover, out[i].Sold = sold.Title, cover(sold), sold.Sold
		out[i].Price, out[i].List = x.price, x.list
		out[i].Available, out[i].OnSale = x.available, x.onSale()
	}
	return out
}

func cover(p catalog.Product) picture.Picture {
	if len(p.Pictures) == 0 {
		return picture.Picture{}
	}
	return p.Pictures[0]
}

// cheapest is the lowest price among a post's products on sale, none if it
// sells none.
func cheapest(p post, products map[id.Product]catalog.Product) money.Money {
	var least money.Money
	for _, t := range p.Tags {
		x := choiceOf(products[t.Product])
		if x.onSale() && (least == (money.Money{}) || x.price.Amount < least.Amount) {
			least = x.price
		}
	}
	return least
}
