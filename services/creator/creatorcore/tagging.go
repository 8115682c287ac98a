package creatorcore

import (
	"context"
	"fmt"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
)

// tagged checks a draft's tags: each on one of its pictures, each product once,
// on sale, and, unless the account is a creator's, bought by its owner. The
// trace is of the first purchase among them that belongs to a chain.
func (c *Core) tagged(ctx context.Context, w writer, d creator.DraftContent, kind creator.Kind, old []tag) ([]tag, id.Trace, error) {
	ids, err := placed(d, kind)
	if err != nil {
		return nil, "", err
	}
	bought, err := c.boughtBy(ctx, w.account, d.Order, ids)
	if err != nil {
		return nil, "", err
	}
	found, err := c.products(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	out := make([]tag, len(d.Tags))
	var trace id.Trace
	for i, t := range d.Tags {
		field := fmt.Sprintf("tags[%d].product", i)
		p, ok := found[t.Product]
		title := p.Title
		had, wasThere := tagIn(old, t.Product)
		if !ok || p.State != catalog.Listed {
			if !wasThere {
				return nil, "", creator.ErrNoTagged.With(field, "is not on sale")
			}
			title = had.Title
		}
		by, mine := bought[t.Product]
		mine = mine || had.Bought
		if !mine && !w.earns {
			return nil, "", creator.ErrNotBought.With(field, "was not bought by you")
		}
		if trace == "" {
			trace = by.Trace
		}
		out[i] = tag{Product: t.Product, Picture: t.Picture, X: t.X, Y: t.Y, Title: title, Bought: mine}
	}
	return out, trace, nil
}

// placed checks where a draft's tags are, and returns what they name.
func placed(d creator.DraftContent, kind creator.Kind) ([]id.Product, error) {
	const whole = 10_000
	pictures := len(d.Pictures)
	if kind == creator.Video || kind == creator.Replay {
		pictures = 1 // the cover
	}
	ids := make([]id.Product, len(d.Tags))
	for i, t := range d.Tags {
		field := fmt.Sprintf("tags[%d]", i)
		switch {
		case t.Picture < 0 || t.Picture >= pictures:
			return nil, creator.ErrNoTagged.With(field+".picture", "is not one of the pictures")
		case t.X < 0 || t.X > whole || t.Y < 0 || t.Y > whole:
			return nil, errs.ErrInvalid.With(field, "must lie on the picture")
		}
		ids[i] = t.Product
	}
	if len(unique(ids)) < len(ids) {
		return nil, creator.ErrNoTagged.With("tags", "name a product twice")
	}
	return ids, nil
}
