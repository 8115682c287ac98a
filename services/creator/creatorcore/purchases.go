package creatorcore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// purchase is that somebody paid for a product in an order. Trace is of the
// chain that led to it, if any.
type purchase struct {
	ID      string     `bson:"_id"`
	Buyer   id.User    `bson:"buyer"`
	Order   id.Order   `bson:"order"`
	Product id.Product `bson:"product"`
	Trace   id.Trace   `bson:"trace"`
	At      time.Time  `bson:"at"`
}

func purchaseID(o id.Order, p id.Product) string {
	return id.Derive("pur", string(o), string(p))
}

// paid remembers what an order bought. An order may have several lines of one
// product: the first that belongs to a chain counts.
func (c *Core) paid(ctx context.Context, d checkout.OrderData) error {
	if d.Buyer == "" {
		return nil
	}
	at := d.PaidAt
	if at.IsZero() {
		at = c.Now()
	}
	traces := map[id.Product]id.Trace{}
	for _, l := range d.Lines {
		if l.Product != "" {
			traces[l.Product] = cmp.Or(traces[l.Product], l.Trace)
		}
	}
	for product, trace := range traces {
		p := purchase{ID: purchaseID(d.Order, product), Buyer: d.Buyer, Order: d.Order, Product: product, Trace: trace, At: at}
		if err := c.purchases.Insert(ctx, p.ID, p); err != nil && !errors.Is(err, docdb.ErrExists) {
			return fmt.Errorf("purchase: %w", err)
		}
	}
	return nil
}

// boughtBy returns what buyer bought of products: in an order if one is named,
// which must be theirs, else the latest of each. creator.ErrNotBought.
func (c *Core) boughtBy(ctx context.Context, buyer id.User, order id.Order, products []id.Product) (map[id.Product]purchase, error) {
	out := make(map[id.Product]purchase, len(products))
	if order != "" {
		found, err := c.purchases.Find(ctx, docdb.Query{Index: "order", Equal: []any{string(order)}, Limit: 500})
		if err != nil {
			return nil, fmt.Errorf("purchases: %w", err)
		}
		if len(found.Items) == 0 || found.Items[0].Buyer != buyer {
			return nil, creator.ErrNotBought.With("order", "is not an order that you paid")
		}
		for _, p := range found.Items {
			out[p.Product] = p
		}
	}
	for _, product := range products {
		if _, known := out[product]; known {
			continue
		}
		found, err := c.purchases.Find(ctx, docdb.Query{
			Index: "bought", Equal: []any{string(buyer), string(product)}, Descending: true, Limit: 1,
		})
		if err != nil {
			return nil, fmt.Errorf("purchases: %w", err)
		}
		for _, p := range found.Items {
			out[product] = p
		}
	}
	return out, nil
}

// counted takes over how many comments a post has, unless we know newer.
func (c *Core) counted(ctx context.Context, at id.Post, comments, rev int64) error {
	_, err := c.posts.Update(ctx, string(at), func(p *post) error {
		if rev <= p.CommentsRev {
			return errUnchanged
		}
		p.Comments, p.CommentsRev = comments, rev
		return nil
	})
	if errors.Is(err, errUnchanged) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	return err
}
